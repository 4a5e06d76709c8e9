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

/** Of what JSON.parse has read nothing can fail but its depth, which that does not mind and this does. */
function textOf(payload: unknown): string {
  try {
    return jsonText(payload);
  } catch {
    throw malformed("payload", "is nested too deeply");
  }
}

/** A JobSpec in proto3 JSON, whose payload may be written as what it is: `"payload": {…}`. */
export function jobSpecOf({ payload, ...rest }: Readonly<Record<string, unknown>>): JobSpec {
  if (payload !== undefined && ["payloadJson", "payload_json"].some((name) => name in rest)) {
    throw malformed("payload", "stands beside payloadJson: give one of them");
  }
  const payloadJson = textOf(payload);
  if (Buffer.byteLength(payloadJson ?? "") > limits.payloadBytes) {
    const message = `the payload is over ${limits.payloadBytes} bytes`;
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

/** `Idempotency-Key: "a key"` or bare; the header and the body may not say different things. */
export function withIdempotencyKey(spec: JobSpec, header: string | undefined): JobSpec {
  if (header === undefined) return spec;
  const idempotencyKey = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (spec.idempotencyKey !== "" && spec.idempotencyKey !== idempotencyKey) {
    throw malformed("idempotency_key", "is not what the header Idempotency-Key says");
  }
  return { ...spec, idempotencyKey };
}
