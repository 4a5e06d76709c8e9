import type { JsonValue } from "@bufbuild/protobuf";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { assertValid, isTime, rpcError, timeMs } from "@millrace/runtime";
import { limits } from "@millrace/shared";

const malformed = (field: string, description: string) =>
  rpcError({
    reason: "MALFORMED",
    message: `${field}: ${description}`,
    violations: [{ field, description }],
  });

function payloadJsonOf({ payload }: JobSpec): string {
  if (payload.case === undefined) return "{}";
  if (payload.case === "payloadJson") return payload.value;
  // Before they are written as JSON, where they may be six times as long.
  if (lettersOf(payload.value) > limits.payloadBytes) throw tooLarge();
  return JSON.stringify(payload.value);
}

/** UTF-16 units of all texts in a value, names included: its JSON has no fewer bytes. */
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
    message: `the payload is over ${limits.payloadBytes} bytes`,
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
 * As the contract says, and before its rules look at each of them: a job of a group is not counted on the wire, and may
 * have tens of thousands.
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

/** As Timestamp itself says. By hand: the contract's rules for times cost eight times as much as all of a job's others. */
function assertTimes({ runAt, expiresAt, deadline }: JobSpec): void {
  for (const [field, time] of Object.entries({ run_at: runAt, expires_at: expiresAt, deadline })) {
    if (time !== undefined && !isTime(time)) {
      throw malformed(field, "must be a time in the years 1 to 9999");
    }
  }
}

/**
 * Throws MALFORMED or TOO_LARGE unless a job keeps the rules, all but that its documents exist, and
 * turns its payload into JSON text, as the scheduler takes it.
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
  assertTimes(spec);
  if (spec.runAt !== undefined && timeMs(spec.runAt) - nowMs > limits.runAtAheadMs) {
    throw malformed("run_at", "must be at most 366 days ahead");
  }
}
