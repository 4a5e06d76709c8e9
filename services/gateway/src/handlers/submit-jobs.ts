import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import { traceOfCall } from "@millrace/telemetry";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const submitJobs =
  ({ submitCall }: GatewayParts): Handler<typeof JobService.method.submitJobs, Caller> =>
  async ({ jobs }, { identity, headers }) => {
    const trace = traceOfCall(headers);
    const submitted = await submitCall(identity.keyId, jobs, { trace });
    return { results: submitted.map(({ result }) => result) };
  };
