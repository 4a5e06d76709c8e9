import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { JobService, SubmitJobRequestSchema } from "@millrace/proto/job-service";
import { type HttpRoute, rpcError } from "@millrace/runtime";
import { jsonText, limits } from "@millrace/shared";
import type { Caller } from "../caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { submitJob } from "../handlers/submit-job.ts";
import { jobAnswer } from "./job-answer.ts";
import { assertJson, readJsonObject } from "./read-json.ts";
import { readQuery } from "./read-query.ts";
import { waitOf, waitParameter } from "./wait.ts";

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
function readSpec({ payload, ...rest }: Readonly<Record<string, unknown>>): JobSpec {
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
function withKey(spec: JobSpec, header: string | undefined): JobSpec {
  if (header === undefined) return spec;
  const idempotencyKey = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (spec.idempotencyKey !== "" && spec.idempotencyKey !== idempotencyKey) {
    throw malformed("idempotency_key", "is not what the header Idempotency-Key says");
  }
  return { ...spec, idempotencyKey };
}

/** The payload as what it is. */
const payloadMember = { name: "payload", mostBytes: limits.payloadBytes };

/** POST /v1/jobs: 202 with the job, or 200 once it has finished within the wait. */
export function submitJobRoute(parts: GatewayParts): HttpRoute<Caller> {
  const submit = submitJob(parts);
  return {
    method: "POST",
    path: "/v1/jobs",
    rpc: JobService.method.submitJob,
    async handle({ query, headers, body }, context) {
      assertJson(headers.get("content-type"));
      const { wait, headers: said } = waitOf(
        readQuery(query, { wait: waitParameter }).wait,
        headers,
      );
      const json = await readJsonObject(body, JobSpecSchema, payloadMember);
      const spec = withKey(readSpec(json), headers.get("idempotency-key"));
      const reply = await submit(create(SubmitJobRequestSchema, { job: spec, wait }), context);
      return jobAnswer(reply, { headers: { ...said, location: `/v1/jobs/${reply.job?.id}` } });
    },
  };
}
