import type { Engine } from "@millrace/engine";
import { UpdateApiKeyRequestSchema } from "@millrace/proto/admin-service";
import { apiKeyMessage } from "../../messages/api-key-message.ts";
import { budgetOf } from "../../messages/key-budget-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { existingKey, keyIdOf } from "../../operators/existing-key.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import { changedMeanwhile } from "../../operators/refusals.ts";

export const updateApiKey =
  (
    engine: {
      readonly apiKeys: Pick<Engine["apiKeys"], "get" | "rename">;
      readonly keyBudgets: Pick<Engine["keyBudgets"], "get" | "set" | "replace">;
    },
    record: RecordChange,
  ): AdminHandler<"updateApiKey"> =>
  async (request, { identity: by }) => {
    const { keyId, name, budget, etag } = request;
    const id = keyIdOf(keyId);
    const { apiKeys, keyBudgets } = engine;
    const before = existingKey(id, await apiKeys.get(id));
    const budgetBefore = await keyBudgets.get(id);
    const changed = () => changedMeanwhile(`API key ${keyId}`);
    if (etag !== "" && etag !== apiKeyMessage(before, budgetBefore).etag) throw changed();
    const change = { by, action: "UpdateApiKey", subject: keyId, request };
    const key = await record({ ...change, schema: UpdateApiKeyRequestSchema }, async () => {
      const expected = etag === "" ? undefined : before.name;
      const named =
        name === undefined ? before : existingKey(id, await apiKeys.rename(id, name, expected));
      if (name !== undefined && named.name !== name) throw changed();
      if (budget !== undefined && etag === "") await keyBudgets.set(id, budgetOf(budget));
      else if (budget !== undefined) {
        if (await keyBudgets.replace(id, budgetBefore, budgetOf(budget))) return named;
        // The update is atomic for its caller: the budget was not replaced, so the name is changed back.
        if (name !== undefined) await apiKeys.rename(id, before.name, name);
        throw changed();
      }
      return named;
    });
    return { apiKey: apiKeyMessage(key, await keyBudgets.get(id)) };
  };
