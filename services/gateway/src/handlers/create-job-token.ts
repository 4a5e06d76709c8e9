import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { assertOwnJob } from "../callers/own-job.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const createJobToken =
  ({
    scheduler,
    jobTokenMs,
  }: GatewayParts): Handler<typeof JobService.method.createJobToken, Caller> =>
  async (token, context) => {
    const { identity, signal } = context;
    assertOwnJob(token.jobId, context);
    const longestLifetime = durationFromMs(jobTokenMs);
    const request = { keyId: identity.keyId, token, longestLifetime };
    return (await scheduler.createJobToken(request, { signal })).token ?? {};
  };
