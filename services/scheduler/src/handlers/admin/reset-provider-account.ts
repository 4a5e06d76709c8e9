import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { accountNotFound, providerAccountStatusMessage } from "./provider-account-message.ts";

export const resetProviderAccount =
  (engine: {
    readonly providerAccounts: Pick<Engine["providerAccounts"], "reset">;
  }): Handler<(typeof AdminService)["method"]["resetProviderAccount"], undefined> =>
  async ({ name }) => {
    const status = await engine.providerAccounts.reset(name);
    if (status === undefined) throw accountNotFound(name);
    return { account: providerAccountStatusMessage(status) };
  };
