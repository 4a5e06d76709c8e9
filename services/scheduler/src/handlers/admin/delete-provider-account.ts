import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { accountNotFound } from "./provider-account-message.ts";

export const deleteProviderAccount =
  (engine: {
    readonly providerAccounts: Pick<Engine["providerAccounts"], "delete">;
  }): Handler<(typeof AdminService)["method"]["deleteProviderAccount"], undefined> =>
  async ({ name }) => {
    if (!(await engine.providerAccounts.delete(name))) throw accountNotFound(name);
    return {};
  };
