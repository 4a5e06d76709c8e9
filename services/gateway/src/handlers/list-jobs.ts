import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { SCHEDULER_DEADLINE_MS } from "../read-job.ts";

export const listJobs =
  ({ scheduler }: GatewayParts): Handler<typeof JobService.method.listJobs, Caller> =>
  async (filter, { identity, signal }) => {
    const options = { deadlineMs: SCHEDULER_DEADLINE_MS, signal };
    const { page } = await scheduler.list({ keyId: identity.keyId, filter }, options);
    return page ?? {};
  };
