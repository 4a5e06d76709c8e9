import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const listSpend =
  ({ scheduler }: GatewayParts): Handler<typeof JobService.method.listSpend, Caller> =>
  async ({ filter }, { identity, signal }) => {
    const own = { keyId: identity.keyId, ...(filter === undefined ? {} : { filter }) };
    const { page } = await scheduler.listSpend(own, { signal });
    return page === undefined ? {} : { page };
  };
