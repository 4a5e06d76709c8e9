import { type Engine, OPERATOR_KEY } from "@millrace/engine";
import type { Configuration } from "@millrace/proto/admin-service";
import { keyIdOf } from "../operators/existing-key.ts";
import type { StoreWebhookEndpoint } from "../operators/store-webhook-endpoint.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import { declaredWebhook, type WebhookRules } from "./declared-webhook.ts";
import type { Step } from "./step.ts";

/** Decides on the webhook endpoints of a configuration, in their order. */
export async function declaredWebhooks(
  engine: Pick<Engine, "apiKeys" | "webhookEndpoints">,
  { webhookEndpoints: declared, apiKeys }: Configuration,
  calls: {
    readonly storeWebhookEndpoint: StoreWebhookEndpoint;
    readonly webhookRules: WebhookRules;
  },
  by: Operator,
): Promise<Step[]> {
  if (declared.length === 0) return [];
  const keyIds = [...new Set(declared.map(({ keyId }) => keyIdOf(keyId)))];
  const [keys, webhooks] = await Promise.all([
    engine.apiKeys.list(),
    engine.webhookEndpoints.ofKeys(keyIds),
  ]);
  const known = new Set<string>([...keys, ...apiKeys].map(({ keyId }) => keyId));
  const endpointsOf = new Map<string, (typeof webhooks)[number]["endpoints"]>(
    keyIds.map((keyId, index) => [keyId, webhooks[index]?.endpoints ?? []]),
  );
  const created = new Map<string, number>();
  return declared.map((endpoint, index) => {
    const { keyId } = endpoint;
    const key = {
      exists: keyId === OPERATOR_KEY || known.has(keyId),
      endpoints: endpointsOf.get(keyId) ?? [],
      created: created.get(keyId) ?? 0,
    };
    const path = `webhook_endpoints[${index}]`;
    const step = declaredWebhook(endpoint, path, key, calls, by);
    if (step.kind === "change" && step.action === "CreateWebhookEndpoint") {
      created.set(keyId, key.created + 1);
    }
    return step;
  });
}
