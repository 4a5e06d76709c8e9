import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ProviderAccount, ProviderAccountStatus } from "@millrace/engine";
import {
  type ProviderAccount as ProviderAccountMessage,
  ProviderAccountSchema,
  type ProviderAccountStatus as ProviderAccountStatusMessage,
  ProviderAccountStatusSchema,
  ProviderState,
} from "@millrace/proto/admin-service";
import { rpcError } from "@millrace/runtime";

/** A provider account as operators define it. */
export const providerAccountMessage = ({
  tokensPerMinute,
  ...rest
}: ProviderAccount): ProviderAccountMessage =>
  create(ProviderAccountSchema, {
    ...rest,
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute: BigInt(tokensPerMinute) }),
  });

export const providerAccountStatusMessage = (
  status: ProviderAccountStatus,
): ProviderAccountStatusMessage =>
  create(ProviderAccountStatusSchema, {
    account: providerAccountMessage(status.account),
    state: ProviderState[status.state],
    ...(status.coolUntilMs === undefined ? {} : { coolUntil: timestampFromMs(status.coolUntilMs) }),
    running: status.running,
    runningLimit: status.runningLimit ?? 0,
    requestsUsed: BigInt(status.requestsUsed),
    tokensUsed: BigInt(status.tokensUsed),
  });

export function providerAccountOf(message: ProviderAccountMessage): ProviderAccount {
  const { name, requestsPerMinute, tokensPerMinute, maxRunning } = message;
  return {
    name,
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute: Number(tokensPerMinute) }),
    ...(maxRunning === undefined ? {} : { maxRunning }),
  };
}

export const accountNotFound = (name: string) =>
  rpcError({
    reason: "ACCOUNT_NOT_FOUND",
    message: `there is no provider account ${name}`,
  });
