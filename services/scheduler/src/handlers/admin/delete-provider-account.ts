import type { Engine } from "@millrace/engine";
import { DeleteProviderAccountRequestSchema } from "@millrace/proto/admin-service";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import { accountNotFound } from "../../operators/refusals.ts";

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
