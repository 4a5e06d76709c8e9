// Where plain HTTP differs from proto3 JSON: job-json.ts, job-spec-json.ts, group-json.ts and webhook-json.ts write these forms.
import type { DescField } from "@bufbuild/protobuf";
import { payloads } from "@millrace/job-types";
import { type JsonSchema, reference } from "./json-schema.ts";
import type { Use } from "./use.ts";

interface Embedded {
  readonly name: string;
  readonly answer: JsonSchema;
  readonly request: JsonSchema;
}

/** The name of the schema of a job type's payload. */
export const payloadName = (type: string): string =>
  `${type.slice(0, 1).toUpperCase()}${type.slice(1)}Payload`;

const payload: JsonSchema = {
  anyOf: [
    ...Object.keys(payloads).map((type) => reference(payloadName(type))),
    { type: "object", additionalProperties: true },
  ],
};

/** JSON text is a member of its own in plain HTTP: `payload` instead of `payloadJson`. */
export function embedded({ name, scalar }: DescField): Embedded | undefined {
  if (scalar === undefined || !name.endsWith("_json")) return undefined;
  const member = name.slice(0, -"_json".length);
  if (member === "payload") return { name: member, answer: payload, request: payload };
  return { name: member, answer: {}, request: {} };
}

/** The result of a refused job has only its error. */
export const optionalInAnswers: ReadonlySet<string> = new Set(["millrace.jobs.v1.SubmitResult"]);

const groupJob: Use = { kind: "request", name: "GroupJobInput", optional: ["queue"] };

/** The jobs of a group are in its queue. */
export const jobsOfGroups: Readonly<Partial<Record<string, Use>>> = {
  "millrace.jobs.v1.CreateGroupRequest.jobs": groupJob,
  "millrace.jobs.v1.GroupSpec.finalizer": groupJob,
};
