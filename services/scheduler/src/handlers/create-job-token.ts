import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError, timestampOf } from "@millrace/runtime";
import { type Clock, isJobId, parseJobId } from "@millrace/shared";
import { rightMessage, rightOf } from "../messages/job-token-right.ts";
import type { JobTokens } from "../tokens/job-tokens.ts";

/** Makes a job token. Its end is a whole second, rounded down. */
export const createJobToken =
  (
    engine: Pick<Engine, "getJobs">,
    tokens: JobTokens,
    clock: Clock,
  ): Handler<(typeof SchedulerService)["method"]["createJobToken"], undefined> =>
  async ({ keyId, token, longestLifetime }) => {
    const id = token?.jobId ?? "";
    const own = isJobId(id) && parseJobId(id)?.keyId === keyId;
    const [job] = own ? await engine.getJobs([id], "summary") : [];
    if (!own || job === undefined) {
      throw rpcError({ reason: "JOB_NOT_FOUND", message: `there is no job ${id}` });
    }
    const longestMs = longestLifetime === undefined ? 0 : durationMs(longestLifetime);
    const wantedMs = token?.lifetime === undefined ? longestMs : durationMs(token.lifetime);
    const endMs = clock.nowMs() + Math.min(wantedMs, longestMs);
    const right = rightOf(token?.right);
    const content = { right, expiresAtSeconds: Math.floor(endMs / 1_000), jobId: id };
    return {
      token: {
        token: tokens.make(content),
        right: rightMessage(right),
        expireTime: timestampOf(content.expiresAtSeconds * 1_000),
      },
    };
  };
