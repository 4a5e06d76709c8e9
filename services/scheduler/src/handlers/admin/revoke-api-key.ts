import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { apiKeyMessage } from "./api-key-message.ts";
import { existingKey, keyIdOf } from "./existing-key.ts";

export const revokeApiKey =
  (engine: {
    readonly apiKeys: Pick<Engine["apiKeys"], "revoke">;
    readonly keyBudgets: Pick<Engine["keyBudgets"], "get">;
  }): Handler<(typeof AdminService)["method"]["revokeApiKey"], undefined> =>
  async ({ keyId }) => {
    const id = keyIdOf(keyId);
    const key = existingKey(id, await engine.apiKeys.revoke(id));
    return { apiKey: apiKeyMessage(key, await engine.keyBudgets.get(id)) };
  };
