import { create } from "@bufbuild/protobuf";
import type { ProviderAccountStatus } from "@millrace/engine";
import {
  type ProviderAccountStatus as ProviderAccountStatusMessage,
  ProviderAccountStatusSchema,
  ProviderState,
} from "@millrace/proto/admin-service";
import { timestampOf } from "@millrace/runtime";
import { accountEtag } from "./etag.ts";
import { providerAccountMessage } from "./provider-account-message.ts";

/** A provider account with its current state, as operators see it. */
export const providerAccountStatusMessage = (
  status: ProviderAccountStatus,
): ProviderAccountStatusMessage =>
  create(ProviderAccountStatusSchema, {
    account: providerAccountMessage(status.account),
    state: ProviderState[status.state],
    ...(status.coolUntilMs === undefined ? {} : { coolUntil: timestampOf(status.coolUntilMs) }),
    ...(status.coolDownSinceMs === undefined
      ? {}
      : { pausedSince: timestampOf(status.coolDownSinceMs) }),
    providerDown: status.coolDownReason === "failed",
    failures: status.failures,
    running: status.running,
    runningLimit: status.runningLimit ?? 0,
    requestsUsed: BigInt(status.requestsUsed),
    tokensUsed: BigInt(status.tokensUsed),
    etag: accountEtag(status.account),
    ...(status.lastRefusal === undefined
      ? {}
      : {
          lastRefusal: {
            time: timestampOf(status.lastRefusal.atMs),
            httpStatus: status.lastRefusal.httpStatus,
            message: status.lastRefusal.message,
          },
        }),
  });
