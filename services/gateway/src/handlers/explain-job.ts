import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { assertOwnJob } from "../callers/own-job.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const explainJob =
  ({ scheduler }: GatewayParts): Handler<typeof JobService.method.explainJob, Caller> =>
  async (explain, context) => {
    const { identity, signal } = context;
    assertOwnJob(explain.jobId, context);
    const { explanation } = await scheduler.explain({ keyId: identity.keyId, explain }, { signal });
    return explanation ?? {};
  };
