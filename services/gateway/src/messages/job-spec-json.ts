import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { rpcError } from "@millrace/runtime";
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
function textOf(payload: unknown): string {
  try {
    return jsonText(payload);
  } catch {
    throw malformed("payload", "is nested too deeply");
  }
}

/** Reads a JobSpec in proto3 JSON. The payload may be embedded as JSON: `"payload": {…}`. */
export function jobSpecOf({ payload, ...rest }: Readonly<Record<string, unknown>>): JobSpec {
  if (payload !== undefined && ["payloadJson", "payload_json"].some((name) => name in rest)) {
    throw malformed("payload", "is given together with payloadJson: give only one of them");
  }
  const payloadJson = textOf(payload);
  if (Buffer.byteLength(payloadJson ?? "") > limits.payloadBytes) {
    const message = `the payload is larger than the limit of ${limits.payloadBytes} bytes`;
    throw rpcError({ reason: "TOO_LARGE", message });
  }
  const json = payload === undefined ? rest : { ...rest, payloadJson };
  try {
    return fromJson(JobSpecSchema, json as JsonObject);
  } catch (cause) {
    const { message } = cause as Error;
    throw rpcError({ reason: "MALFORMED", message, cause });
  }
}

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
