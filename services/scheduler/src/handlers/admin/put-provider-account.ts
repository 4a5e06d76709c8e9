import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { providerAccountOf, providerAccountStatusMessage } from "./provider-account-message.ts";

/** The definition takes the place of the whole one before. */
export const putProviderAccount =
  (engine: {
    readonly providerAccounts: Pick<Engine["providerAccounts"], "put">;
  }): Handler<(typeof AdminService)["method"]["putProviderAccount"], undefined> =>
  async ({ account }) => {
    if (account === undefined)
      throw new Error("validation let a request without an account through");
    const status = await engine.providerAccounts.put(providerAccountOf(account));
    return { account: providerAccountStatusMessage(status) };
  };
