import { create, equals } from "@bufbuild/protobuf";
import type { ProviderAccount } from "@millrace/engine";
import {
  type ProviderAccount as AccountMessage,
  ProviderAccountSchema,
  PutProviderAccountRequestSchema,
} from "@millrace/proto/admin-service";
import { providerAccountMessage } from "../messages/provider-account-message.ts";
import type { AdminHandler } from "../operators/admin-handler.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import type { Step } from "./step.ts";

/** Decides on an account. A declaration replaces the account's whole definition. */
export function declaredAccount(
  account: AccountMessage,
  before: ProviderAccount | undefined,
  putProviderAccount: AdminHandler<"putProviderAccount">,
  by: Operator,
): Step {
  if (before && equals(ProviderAccountSchema, account, providerAccountMessage(before))) {
    return { kind: "none" };
  }
  const request = create(PutProviderAccountRequestSchema, { account });
  const make = () => putProviderAccount(request, { identity: by });
  return { kind: "change", action: "PutProviderAccount", subject: account.name, make };
}
