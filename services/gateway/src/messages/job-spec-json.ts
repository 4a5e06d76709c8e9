import type { JsonObject } from "@bufbuild/protobuf";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { messageFromJson, rpcError } from "@millrace/runtime";
import { jsonText, limits } from "@millrace/shared";

const malformed = (field: string, description: string) =>
  rpcError({
    reason: "MALFORMED",
    message: `${field}: ${description}`,
    violations: [{ field, description }],
  });

/**
 * Writes a value from JSON.parse as text. This fails only for deep nesting, which JSON.parse accepts and JSON.stringify
 * does not.
 */
function textOf(payload: unknown, path: string): string {
  try {
    return jsonText(payload);
  } catch {
    throw malformed(`${path}payload`, "is nested too deeply");
  }
}

type JsonMembers = Readonly<Record<string, unknown>>;

/**
 * Turns a job with an embedded payload, `"payload": {…}`, into proto3 JSON, where the payload is text. `path` is the place of
 * the job in its message, for errors.
 */
export function withPayloadText({ payload, ...rest }: JsonMembers, path = ""): JsonMembers {
  if (payload === undefined) return rest;
  if (["payloadJson", "payload_json"].some((name) => name in rest)) {
    throw malformed(`${path}payload`, "is given together with payloadJson: give only one of them");
  }
  const payloadJson = textOf(payload, path);
  if (Buffer.byteLength(payloadJson ?? "") > limits.payloadBytes) {
    const message = `${path === "" ? "the payload" : `${path}payload`} is larger than the limit of ${limits.payloadBytes} bytes`;
    throw rpcError({ reason: "TOO_LARGE", message });
  }
  return { ...rest, payloadJson };
}

/** Reads a JobSpec in proto3 JSON. The payload may be embedded as JSON: `"payload": {…}`. */
export const jobSpecOf = (json: JsonMembers): JobSpec =>
  messageFromJson(JobSpecSchema, withPayloadText(json) as JsonObject);

/** Takes the header's key, `"a key"` or bare. Throws MALFORMED if the body holds a different key. */
export function withIdempotencyKey(spec: JobSpec, header: string | undefined): JobSpec {
  if (header === undefined) return spec;
  const idempotencyKey = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (spec.idempotencyKey !== "" && spec.idempotencyKey !== idempotencyKey) {
    throw malformed(
      "idempotency_key",
      "differs from the header Idempotency-Key: give only one of them",
    );
  }
  return { ...spec, idempotencyKey };
}
