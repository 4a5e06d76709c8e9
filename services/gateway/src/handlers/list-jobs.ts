import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const listJobs =
  ({ scheduler }: GatewayParts): Handler<typeof JobService.method.listJobs, Caller> =>
  async (filter, { identity, signal }) => {
    const { page } = await scheduler.list({ keyId: identity.keyId, filter }, { signal });
    return page ?? {};
  };
