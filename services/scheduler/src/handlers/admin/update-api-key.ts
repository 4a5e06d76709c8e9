import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { apiKeyMessage } from "./api-key-message.ts";
import { existingKey, keyIdOf } from "./existing-key.ts";
import { budgetOf } from "./key-budget-message.ts";

export const updateApiKey =
  (engine: {
    readonly apiKeys: Pick<Engine["apiKeys"], "get" | "rename">;
    readonly keyBudgets: Pick<Engine["keyBudgets"], "get" | "set">;
  }): Handler<(typeof AdminService)["method"]["updateApiKey"], undefined> =>
  async ({ keyId, name, budget }) => {
    const id = keyIdOf(keyId);
    const { apiKeys, keyBudgets } = engine;
    const key = existingKey(
      id,
      await (name === undefined ? apiKeys.get(id) : apiKeys.rename(id, name)),
    );
    if (budget !== undefined) await keyBudgets.set(id, budgetOf(budget));
    return { apiKey: apiKeyMessage(key, await keyBudgets.get(id)) };
  };
