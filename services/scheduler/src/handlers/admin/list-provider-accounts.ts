import type { Engine } from "@millrace/engine";
import { providerAccountStatusMessage } from "../../messages/provider-account-status.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";

export const listProviderAccounts =
  (engine: {
    readonly providerAccounts: Pick<Engine["providerAccounts"], "list">;
  }): AdminHandler<"listProviderAccounts"> =>
  async () => ({
    accounts: (await engine.providerAccounts.list()).map(providerAccountStatusMessage),
  });
