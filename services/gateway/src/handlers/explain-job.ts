import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { assertOwnJob } from "../own-job.ts";

export const explainJob =
  ({ scheduler }: GatewayParts): Handler<typeof JobService.method.explainJob, Caller> =>
  async (explain, context) => {
    const { identity, signal } = context;
    assertOwnJob(explain.jobId, context);
    const { explanation } = await scheduler.explain({ keyId: identity.keyId, explain }, { signal });
    return explanation ?? {};
  };
