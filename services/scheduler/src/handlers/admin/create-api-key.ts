import type { Engine } from "@millrace/engine";
import { CreateApiKeyRequestSchema } from "@millrace/proto/admin-service";
import { type Clock, formatApiKey, hashSecret, newApiKey, type Random } from "@millrace/shared";
import type { RecordChange } from "../../record-change.ts";
import type { AdminHandler } from "./admin-handler.ts";
import { apiKeyMessage } from "./api-key-message.ts";
import { budgetOf } from "./key-budget-message.ts";

/** The whole key is in the reply and nowhere else: its secret is stored as a hash. */
export const createApiKey =
  (
    engine: {
      readonly apiKeys: Pick<Engine["apiKeys"], "put">;
      readonly keyBudgets: Pick<Engine["keyBudgets"], "set">;
    },
    record: RecordChange,
    clock: Clock,
    random: Random,
  ): AdminHandler<"createApiKey"> =>
  async (request, { identity: by }) => {
    const { name, budget } = request;
    const limits = budget && budgetOf(budget);
    const key = newApiKey(random);
    const { keyId } = key;
    const secretHash = hashSecret(key.secret);
    const change = { by, action: "CreateApiKey", subject: keyId, request };
    const stored = await record({ ...change, schema: CreateApiKeyRequestSchema }, async () => {
      // First, so that the key never opens without its limits.
      if (limits !== undefined) await engine.keyBudgets.set(keyId, limits);
      return engine.apiKeys.put({ keyId, name, secretHash, createdMs: clock.nowMs() });
    });
    // The id of a key that exists opens nothing: 50 bits of it are chance.
    if (!stored.secretHash.equals(secretHash)) throw new Error(`drew key id ${keyId} twice`);
    return { apiKey: apiKeyMessage(stored, limits), key: formatApiKey(key) };
  };
