import { jsonText } from "@millrace/shared";
import type { WebhooksOfKey } from "./contract.ts";

/** Writes what the registry stores of a key's webhooks. "" means nothing. */
export const formatWebhooks = (webhooks: WebhooksOfKey): string =>
  webhooks.endpoints.length + webhooks.callbackSecrets.length === 0 ? "" : jsonText(webhooks);

export function parseWebhooks(text: string | null): WebhooksOfKey {
  const none = { endpoints: [], callbackSecrets: [] };
  return text === null || text === "" ? none : { ...none, ...(JSON.parse(text) as WebhooksOfKey) };
}
