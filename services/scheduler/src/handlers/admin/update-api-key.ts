import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { apiKeyMessage, refuseBudget } from "./api-key-message.ts";
import { existingKey, keyIdOf } from "./existing-key.ts";

export const updateApiKey =
  (engine: {
    readonly apiKeys: Pick<Engine["apiKeys"], "get" | "rename">;
  }): Handler<(typeof AdminService)["method"]["updateApiKey"], undefined> =>
  async ({ keyId, name, budget }) => {
    refuseBudget(budget);
    const id = keyIdOf(keyId);
    const { apiKeys } = engine;
    const key = existingKey(
      id,
      await (name === undefined ? apiKeys.get(id) : apiKeys.rename(id, name)),
    );
    return { apiKey: apiKeyMessage(key) };
  };
