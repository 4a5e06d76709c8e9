import type { Engine } from "@millrace/engine";
import { ResetProviderAccountRequestSchema } from "@millrace/proto/admin-service";
import type { RecordChange } from "../../record-change.ts";
import type { AdminHandler } from "./admin-handler.ts";
import { accountNotFound } from "./provider-account-message.ts";
import { providerAccountStatusMessage } from "./provider-account-status.ts";

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
