import type { JsonValue } from "@bufbuild/protobuf";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { limits } from "@millrace/shared";
import { rpcError } from "./rpc-fault.ts";
import { isTime, timeMs } from "./timestamps.ts";
import { assertValid } from "./validation.ts";

const malformed = (field: string, description: string) =>
  rpcError({
    reason: "MALFORMED",
    message: `${field}: ${description}`,
    violations: [{ field, description }],
  });

function payloadJsonOf({ payload }: JobSpec): string {
  if (payload.case === undefined) return "{}";
  if (payload.case === "payloadJson") return payload.value;
  // The check comes before the conversion to JSON, which may be six times as long.
  if (lettersOf(payload.value) > limits.payloadBytes) throw tooLarge();
  return JSON.stringify(payload.value);
}

/** Counts the UTF-16 units of all texts in a value, names included. The value's JSON has at least as many bytes. */
function lettersOf(value: JsonValue): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + lettersOf(item), 0);
  let letters = 0;
  for (const name in value) letters += name.length + lettersOf(value[name] ?? null);
  return letters;
}

const tooLarge = () =>
  rpcError({
    reason: "TOO_LARGE",
    message: `the payload is larger than the limit of ${limits.payloadBytes} bytes`,
  });

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/**
 * Checks counts before the contract's validation looks at each entry. The wire decoder does not limit the entries of a job
 * in a group, so there may be tens of thousands.
 */
function assertCounts({ documentIds, labels }: JobSpec): void {
  if (documentIds.length > limits.documentsPerJob) {
    const most = `must contain no more than ${limits.documentsPerJob} item(s)`;
    throw malformed("document_ids", most);
  }
  if (Object.keys(labels).length > limits.labelsPerJob) {
    throw malformed("labels", `map must be at most ${limits.labelsPerJob} entries`);
  }
}

/**
 * Checks times by hand, with Timestamp's own range: the contract's rules for times cost eight times as much as all other
 * rules of a job.
 */
function assertTimes({ runAt, expiresAt, deadline }: JobSpec): void {
  for (const [field, time] of Object.entries({ run_at: runAt, expires_at: expiresAt, deadline })) {
    if (time !== undefined && !isTime(time)) {
      throw malformed(field, "must be a time in the years 1 to 9999");
    }
  }
  if (runAt === undefined) return;
  for (const [field, end] of Object.entries({ expires_at: expiresAt, deadline })) {
    if (end !== undefined && timeMs(end) < timeMs(runAt)) {
      throw malformed(field, "must not be before run_at");
    }
  }
}

/**
 * Throws MALFORMED or TOO_LARGE if a job breaks a rule. Does not check that the job's documents exist, nor that its times are
 * in the future: only the store knows whether the job is a repeated one. Turns the payload
 * into JSON text, which is what the scheduler takes.
 */
export function checkJob(spec: JobSpec, nowMs: number): void {
  assertCounts(spec);
  assertValid(JobSpecSchema, spec);
  const value = payloadJsonOf(spec);
  if (Buffer.byteLength(value) > limits.payloadBytes) throw tooLarge();
  if (spec.payload.case === "payloadJson") {
    if (!isJsonObject(value)) throw malformed("payload", "must be a JSON object");
  } else {
    spec.payload = { case: "payloadJson", value };
  }
  if (spec.model !== "" && spec.pool !== "") {
    throw malformed(
      "pool",
      "must be left out if the job names a model, whose routes name the pools",
    );
  }
  if (spec.refuseLate && spec.deadline === undefined) {
    throw malformed("refuse_late", "needs a deadline: give one, or leave refuse_late out");
  }
  assertTimes(spec);
  if (spec.runAt !== undefined && timeMs(spec.runAt) - nowMs > limits.runAtAheadMs) {
    throw malformed("run_at", "must be at most 366 days ahead");
  }
}
