import type { Engine } from "@millrace/engine";
import { ResetProviderAccountRequestSchema } from "@millrace/proto/admin-service";
import { providerAccountStatusMessage } from "../../messages/provider-account-status.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import { accountNotFound } from "../../operators/refusals.ts";

export const resetProviderAccount =
  (
    engine: { readonly providerAccounts: Pick<Engine["providerAccounts"], "reset"> },
    record: RecordChange,
  ): AdminHandler<"resetProviderAccount"> =>
  async (request, { identity: by }) => {
    const { name } = request;
    const change = { by, action: "ResetProviderAccount", subject: name, request };
    const status = await record(
      { ...change, schema: ResetProviderAccountRequestSchema },
      async () => {
        const reset = await engine.providerAccounts.reset(name);
        if (reset === undefined) throw accountNotFound(name);
        return reset;
      },
    );
    return { account: providerAccountStatusMessage(status) };
  };
