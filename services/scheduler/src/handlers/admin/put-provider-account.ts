import type { Engine } from "@millrace/engine";
import { PutProviderAccountRequestSchema } from "@millrace/proto/admin-service";
import { accountEtag } from "../../messages/etag.ts";
import { providerAccountOf } from "../../messages/provider-account-message.ts";
import { providerAccountStatusMessage } from "../../messages/provider-account-status.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import { changedMeanwhile } from "../../operators/refusals.ts";

/** Replaces the account's whole definition. */
export const putProviderAccount =
  (
    engine: {
      readonly providerAccounts: Pick<Engine["providerAccounts"], "get" | "put" | "replace">;
    },
    record: RecordChange,
  ): AdminHandler<"putProviderAccount"> =>
  async (request, { identity: by }) => {
    const { account, etag } = request;
    if (account === undefined) throw new Error("validation accepted a request without an account");
    const { providerAccounts } = engine;
    const wanted = providerAccountOf(account);
    const changed = () => changedMeanwhile(`provider account ${account.name}`);
    const change = { by, action: "PutProviderAccount", subject: account.name, request };
    const status = await record(
      { ...change, schema: PutProviderAccountRequestSchema },
      async () => {
        if (etag === "") return providerAccounts.put(wanted);
        const before = (await providerAccounts.get(account.name))?.account;
        if (etag !== accountEtag(before)) throw changed();
        const replaced = await providerAccounts.replace(before, wanted);
        if (replaced === undefined) throw changed();
        return replaced;
      },
    );
    return { account: providerAccountStatusMessage(status) };
  };
