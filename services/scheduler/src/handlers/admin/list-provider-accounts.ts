import type { Engine } from "@millrace/engine";
import { providerAccountStatusMessage } from "../../messages/provider-account-status.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";

export const listProviderAccounts =
  (engine: {
    readonly providerAccounts: Pick<Engine["providerAccounts"], "list">;
  }): AdminHandler<"listProviderAccounts"> =>
  async () => {
    const accounts = await engine.providerAccounts.list();
    return { accounts: accounts.map(providerAccountStatusMessage) };
  };
