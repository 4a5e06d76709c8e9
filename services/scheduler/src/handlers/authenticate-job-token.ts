import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, parseJobId } from "@millrace/shared";
import { rightMessage } from "../messages/job-token-right.ts";
import type { JobTokens } from "../tokens/job-tokens.ts";

/**
 * Checks a job token. A forged token, one that has ended, and one of a revoked key get the same answer. A forged token costs
 * no look-up in Redis.
 */
export const authenticateJobToken =
  (
    engine: { readonly apiKeys: Pick<Engine["apiKeys"], "get"> },
    tokens: JobTokens,
    clock: Clock,
  ): Handler<(typeof SchedulerService)["method"]["authenticateJobToken"], undefined> =>
  async ({ token }) => {
    const content = tokens.read(token);
    const keyId = content && parseJobId(content.jobId)?.keyId;
    const remainingMs = (content?.expiresAtSeconds ?? 0) * 1_000 - clock.nowMs();
    const key = keyId && remainingMs > 0 ? await engine.apiKeys.get(keyId) : undefined;
    if (content === undefined || key === undefined || key.revokedMs !== undefined) {
      throw rpcError({ reason: "UNAUTHENTICATED", message: "the job token is not valid" });
    }
    return {
      jobId: content.jobId,
      right: rightMessage(content.right),
      remaining: durationFromMs(remainingMs),
    };
  };
