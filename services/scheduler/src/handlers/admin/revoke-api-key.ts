import type { Engine } from "@millrace/engine";
import { RevokeApiKeyRequestSchema } from "@millrace/proto/admin-service";
import type { RecordChange } from "../../record-change.ts";
import type { AdminHandler } from "./admin-handler.ts";
import { apiKeyMessage } from "./api-key-message.ts";
import { existingKey, keyIdOf } from "./existing-key.ts";

export const revokeApiKey =
  (
    engine: {
      readonly apiKeys: Pick<Engine["apiKeys"], "get" | "revoke">;
      readonly keyBudgets: Pick<Engine["keyBudgets"], "get">;
    },
    record: RecordChange,
  ): AdminHandler<"revokeApiKey"> =>
  async (request, { identity: by }) => {
    const id = keyIdOf(request.keyId);
    existingKey(id, await engine.apiKeys.get(id));
    const change = { by, action: "RevokeApiKey", subject: id, request };
    const key = await record({ ...change, schema: RevokeApiKeyRequestSchema }, async () =>
      existingKey(id, await engine.apiKeys.revoke(id)),
    );
    return { apiKey: apiKeyMessage(key, await engine.keyBudgets.get(id)) };
  };
