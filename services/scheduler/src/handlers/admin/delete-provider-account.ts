import type { Engine } from "@millrace/engine";
import { DeleteProviderAccountRequestSchema } from "@millrace/proto/admin-service";
import type { RecordChange } from "../../record-change.ts";
import type { AdminHandler } from "./admin-handler.ts";
import { accountNotFound } from "./provider-account-message.ts";

export const deleteProviderAccount =
  (
    engine: { readonly providerAccounts: Pick<Engine["providerAccounts"], "delete"> },
    record: RecordChange,
  ): AdminHandler<"deleteProviderAccount"> =>
  async (request, { identity: by }) => {
    const { name } = request;
    const change = { by, action: "DeleteProviderAccount", subject: name, request };
    await record({ ...change, schema: DeleteProviderAccountRequestSchema }, async () => {
      if (!(await engine.providerAccounts.delete(name))) throw accountNotFound(name);
    });
    return {};
  };
