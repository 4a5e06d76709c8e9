import { formatApiKey, hashSecret, newApiKey, type Random } from "@millrace/shared";
import { apiKeyMessage } from "../../messages/api-key-message.ts";
import { budgetOf } from "../../messages/key-budget-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { StoreApiKey } from "../../operators/store-api-key.ts";

/** The whole key is in the reply and nowhere else: its secret is stored as a hash. */
export const createApiKey =
  (store: StoreApiKey, random: Random): AdminHandler<"createApiKey"> =>
  async ({ name, budget }, { identity }) => {
    const key = newApiKey(random);
    const { keyId } = key;
    const secretHash = hashSecret(key.secret);
    const stored = await store({ keyId, name, budget, secretHash }, identity);
    // The id of a key that exists opens nothing: 50 bits of it are chance.
    if (!stored.secretHash.equals(secretHash)) throw new Error(`drew key id ${keyId} twice`);
    return { apiKey: apiKeyMessage(stored, budget && budgetOf(budget)), key: formatApiKey(key) };
  };
