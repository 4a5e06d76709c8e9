import { create } from "@bufbuild/protobuf";
import type { ProviderAccount } from "@millrace/engine";
import {
  type ProviderAccount as ProviderAccountMessage,
  ProviderAccountSchema,
} from "@millrace/proto/admin-service";

/** A provider account as operators define it. */
export const providerAccountMessage = ({
  tokensPerMinute,
  ...rest
}: ProviderAccount): ProviderAccountMessage =>
  create(ProviderAccountSchema, {
    ...rest,
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute: BigInt(tokensPerMinute) }),
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
