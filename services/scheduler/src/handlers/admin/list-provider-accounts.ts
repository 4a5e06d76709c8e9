import type { Engine } from "@millrace/engine";
import type { AdminHandler } from "./admin-handler.ts";
import { providerAccountStatusMessage } from "./provider-account-status.ts";

export const listProviderAccounts =
  (engine: {
    readonly providerAccounts: Pick<Engine["providerAccounts"], "list">;
  }): AdminHandler<"listProviderAccounts"> =>
  async () => ({
    accounts: (await engine.providerAccounts.list()).map(providerAccountStatusMessage),
  });
