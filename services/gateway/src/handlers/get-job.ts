import { durationMs } from "@bufbuild/protobuf/wkt";
import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { assertOwnJob } from "../callers/own-job.ts";
import { streamPlace } from "../callers/stream-place.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { readJob } from "../watching/read-job.ts";
import { waitFinished } from "../watching/wait-finished.ts";

export const getJob =
  (parts: GatewayParts): Handler<typeof JobService.method.getJob, Caller> =>
  async ({ jobId, wait }, context) => {
    const { scheduler, hub, clock } = parts;
    const { identity, signal, draining } = context;
    assertOwnJob(jobId, context);
    const waitMs = wait === undefined ? 0 : durationMs(wait);
    if (waitMs > 0) {
      using _place = streamPlace(parts, identity);
      await waitFinished(hub, jobId, { waitMs, clock, signals: [signal, draining] });
    }
    return { job: await readJob(scheduler, identity.keyId, jobId, signal) };
  };
