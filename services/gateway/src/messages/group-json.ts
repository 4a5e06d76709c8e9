import { type JsonObject, toJson } from "@bufbuild/protobuf";
import { type Group, type GroupChild, GroupChildSchema, GroupSchema } from "@millrace/proto/group";
import { type CreateGroupRequest, CreateGroupRequestSchema } from "@millrace/proto/group-service";
import type { SubmitResult } from "@millrace/proto/job-service";
import { fromRpcStatus, messageFromJson, problemOf } from "@millrace/runtime";
import { type FailureJson, failureText, withMembers } from "./job-json.ts";
import { withPayloadText } from "./job-spec-json.ts";

type JsonMembers = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonMembers =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads a CreateGroupRequest in proto3 JSON. Each job may embed its payload as JSON: `"payload": {…}`. */
export function createGroupRequestOf(json: JsonMembers): CreateGroupRequest {
  const { group, jobs } = json;
  const finalizer = isObject(group) ? group.finalizer : undefined;
  return messageFromJson(CreateGroupRequestSchema, {
    ...json,
    ...(isObject(group) && isObject(finalizer)
      ? { group: { ...group, finalizer: withPayloadText(finalizer, "group.finalizer.") } }
      : {}),
    ...(Array.isArray(jobs)
      ? {
          jobs: jobs.map((job: unknown, index) =>
            isObject(job) ? withPayloadText(job, `jobs[${index}].`) : job,
          ),
        }
      : {}),
  } as JsonObject);
}

/** Writes a group in proto3 JSON, with the fields that hold their default. */
export const groupJson = (group: Group): string =>
  JSON.stringify(toJson(GroupSchema, group, { alwaysEmitImplicit: true }));

/** Writes a child in proto3 JSON. Its result is embedded as JSON, and left out if it is empty. */
export function groupChildJson(child: GroupChild): string {
  const { resultJson, failure, ...rest } = toJson(GroupChildSchema, child, {
    alwaysEmitImplicit: true,
  }) as { resultJson: string; failure?: FailureJson };
  return withMembers(JSON.stringify(rest), { result: resultJson, failure: failureText(failure) });
}

/** Writes the result of one submitted job. The error of a refused job is a problem, as in an answer of its own. */
export function submitResultJson({ result, existing, traceId }: SubmitResult): string {
  return JSON.stringify(
    result.case === "error"
      ? { error: problemOf(fromRpcStatus(result.value)) }
      : { jobId: result.value, existing, traceId },
  );
}
