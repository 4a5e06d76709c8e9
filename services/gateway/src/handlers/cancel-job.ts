import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { assertOwnJob } from "../callers/own-job.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const cancelJob =
  ({ scheduler }: GatewayParts): Handler<typeof JobService.method.cancelJob, Caller> =>
  async (cancel, context) => {
    const { identity, signal } = context;
    assertOwnJob(cancel.jobId, context);
    const { job } = await scheduler.cancel({ keyId: identity.keyId, cancel }, { signal });
    return job === undefined ? {} : { job };
  };
