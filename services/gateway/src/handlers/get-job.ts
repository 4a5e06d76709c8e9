import { durationMs } from "@bufbuild/protobuf/wkt";
import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { assertOwnJob } from "../own-job.ts";
import { readJob } from "../read-job.ts";

export const getJob =
  ({ scheduler }: GatewayParts): Handler<typeof JobService.method.getJob, Caller> =>
  async ({ jobId, wait }, context) => {
    const { identity, signal } = context;
    assertOwnJob(jobId, context);
    const waitMs = wait === undefined ? 0 : durationMs(wait);
    return { job: await readJob(scheduler, identity.keyId, jobId, { waitMs, signal }) };
  };
