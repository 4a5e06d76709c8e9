import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const quoteJobs =
  ({
    scheduler,
    countJobs,
    clock,
    submissions,
  }: GatewayParts): Handler<typeof JobService.method.quoteJobs, Caller> =>
  async ({ jobs }, { identity, signal }) => {
    const { keyId } = identity;
    // A quote checks jobs as a submission does, so both share a limit.
    using _ = submissions.enter(keyId, jobs.length);
    const counted = await countJobs(keyId, jobs, clock.nowMs());
    const { quote } = await scheduler.quote({ keyId, jobs: [...counted] }, { signal });
    return quote ?? {};
  };
