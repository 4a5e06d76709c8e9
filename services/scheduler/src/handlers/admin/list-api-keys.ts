import type { Engine } from "@millrace/engine";
import { apiKeyMessage } from "../../messages/api-key-message.ts";
import { budgetUseMessages } from "../../messages/budget-use-message.ts";
import { assertPageToken, nameInToken, tokenAfter } from "../../messages/page-token.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";

const DEFAULT_PAGE_SIZE = 100;

/** Lists keys by id. A page token names the last key of the page before, so new or revoked keys shift no page. */
export const listApiKeys =
  (engine: {
    readonly apiKeys: Pick<Engine["apiKeys"], "page">;
    readonly keyBudgets: Pick<Engine["keyBudgets"], "getAll" | "storedBytes" | "use">;
  }): AdminHandler<"listApiKeys"> =>
  async ({ pageSize, pageToken }) => {
    const after = nameInToken("key", pageToken);
    assertPageToken("ListApiKeys", pageToken, after !== undefined);
    const size = pageSize || DEFAULT_PAGE_SIZE;
    const from = after === undefined ? undefined : { after };
    // One more than the page has, to know whether another one follows.
    const found = await engine.apiKeys.page(size + 1, from);
    const page = found.slice(0, size);
    const last = page.length < found.length ? page.at(-1) : undefined;
    const keyIds = page.map(({ keyId }) => keyId);
    const [budgets, stored, used] = await Promise.all([
      engine.keyBudgets.getAll(keyIds),
      engine.keyBudgets.storedBytes(keyIds),
      engine.keyBudgets.use(keyIds),
    ]);
    return {
      apiKeys: page.map((key) => {
        const message = apiKeyMessage(key, budgets.get(key.keyId));
        message.budgetUse = budgetUseMessages(used.get(key.keyId), budgets.get(key.keyId));
        message.storedBytes = BigInt(Math.max(0, stored.get(key.keyId) ?? 0));
        return message;
      }),
      nextPageToken: last === undefined ? "" : tokenAfter("key", last.keyId),
    };
  };
