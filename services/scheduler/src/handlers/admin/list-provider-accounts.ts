import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { providerAccountStatusMessage } from "./provider-account-message.ts";

export const listProviderAccounts =
  (engine: {
    readonly providerAccounts: Pick<Engine["providerAccounts"], "list">;
  }): Handler<(typeof AdminService)["method"]["listProviderAccounts"], undefined> =>
  async () => ({
    accounts: (await engine.providerAccounts.list()).map(providerAccountStatusMessage),
  });
