import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const submitJobs =
  ({ submitCall }: GatewayParts): Handler<typeof JobService.method.submitJobs, Caller> =>
  async ({ jobs }, { identity }) => {
    const submitted = await submitCall(identity.keyId, jobs);
    return { results: submitted.map(({ result }) => result) };
  };
