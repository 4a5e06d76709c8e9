import type { Engine } from "@millrace/engine";
import { RevokeApiKeyRequestSchema } from "@millrace/proto/admin-service";
import { apiKeyMessage } from "../../messages/api-key-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { existingKey, keyIdOf } from "../../operators/existing-key.ts";
import type { RecordChange } from "../../operators/record-change.ts";

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
