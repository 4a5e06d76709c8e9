import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { assertOwnJob } from "../own-job.ts";

/** Relays as fast as the caller reads; its leaving cancels the scheduler's stream. */
export const watchJob = ({
  scheduler,
}: GatewayParts): Handler<typeof JobService.method.watchJob, Caller> =>
  async function* (watch, { identity, signal }) {
    assertOwnJob(watch.jobId, identity.keyId);
    for await (const { event } of scheduler.watch({ keyId: identity.keyId, watch }, { signal })) {
      if (event !== undefined) yield event;
    }
  };
