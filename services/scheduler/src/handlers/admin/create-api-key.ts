import { formatApiKey, hashSecret, newApiKey, type Random } from "@millrace/shared";
import { apiKeyMessage } from "../../messages/api-key-message.ts";
import { budgetOf } from "../../messages/key-budget-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { StoreApiKey } from "../../operators/store-api-key.ts";

/** Creates a key. Only the reply holds the whole key: the store keeps a hash of the secret. */
export const createApiKey =
  (store: StoreApiKey, random: Random): AdminHandler<"createApiKey"> =>
  async ({ name, budget }, { identity }) => {
    const key = newApiKey(random);
    const { keyId } = key;
    const secretHash = hashSecret(key.secret);
    const stored = await store({ keyId, name, budget, secretHash }, identity);
    // A duplicate id opens nothing, because the store keeps the older key's secret. 50 bits of an id are random.
    if (!stored.secretHash.equals(secretHash)) throw new Error(`key id ${keyId} exists already`);
    return { apiKey: apiKeyMessage(stored, budget && budgetOf(budget)), key: formatApiKey(key) };
  };
