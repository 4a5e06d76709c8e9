import { type JsonObject, toJson } from "@bufbuild/protobuf";
import { type Schedule, ScheduleSchema, ScheduleSpecSchema } from "@millrace/proto/schedule";
import { messageFromJson } from "@millrace/runtime";
import { withMembers } from "./job-json.ts";
import { withPayloadText } from "./job-spec-json.ts";

type JsonMembers = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonMembers =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads a ScheduleSpec in proto3 JSON. The payload of the job may be embedded as JSON: `"job": {"payload": {…}}`. */
export const scheduleSpecOf = (json: JsonMembers) =>
  messageFromJson(ScheduleSpecSchema, {
    ...json,
    ...(isObject(json.job) ? { job: withPayloadText(json.job, "job.") } : {}),
  } as JsonObject);

/**
 * Writes a schedule in proto3 JSON, with the fields that hold their default. The payload of the job is embedded as JSON, digit
 * for digit, and left out if it is empty.
 */
export function scheduleJson(schedule: Schedule): string {
  const { spec, ...rest } = toJson(ScheduleSchema, schedule, {
    alwaysEmitImplicit: true,
  }) as { spec: { job?: { payloadJson?: string } } };
  const { job, ...timing } = spec;
  const { payloadJson = "", ...others } = job ?? {};
  const jobText = withMembers(JSON.stringify(others), { payload: payloadJson });
  const specText = withMembers(JSON.stringify(timing), { job: jobText });
  return withMembers(JSON.stringify(rest), { spec: specText });
}
