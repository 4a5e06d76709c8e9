import type { Engine } from "@millrace/engine";
import { PutProviderAccountRequestSchema } from "@millrace/proto/admin-service";
import type { RecordChange } from "../../record-change.ts";
import type { AdminHandler } from "./admin-handler.ts";
import { providerAccountOf, providerAccountStatusMessage } from "./provider-account-message.ts";

/** The definition takes the place of the whole one before. */
export const putProviderAccount =
  (
    engine: { readonly providerAccounts: Pick<Engine["providerAccounts"], "put"> },
    record: RecordChange,
  ): AdminHandler<"putProviderAccount"> =>
  async (request, { identity: by }) => {
    const { account } = request;
    if (account === undefined)
      throw new Error("validation let a request without an account through");
    const change = { by, action: "PutProviderAccount", subject: account.name, request };
    const status = await record({ ...change, schema: PutProviderAccountRequestSchema }, () =>
      engine.providerAccounts.put(providerAccountOf(account)),
    );
    return { account: providerAccountStatusMessage(status) };
  };
