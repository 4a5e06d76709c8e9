import { OPERATOR_KEY, type WebhookEndpoint } from "@millrace/engine";
import type { DeclaredWebhookEndpoint } from "@millrace/proto/admin-service";
import type { FieldViolation } from "@millrace/runtime";
import type { StoreWebhookEndpoint } from "../operators/store-webhook-endpoint.ts";
import { configFile, type Operator } from "../tokens/operator-tokens.ts";
import type { Step } from "./step.ts";

/** What is known of the API key that a declared endpoint names. */
export interface KeyOfWebhook {
  /** Whether the key exists, or the configuration creates it. */
  readonly exists: boolean;
  readonly endpoints: readonly WebhookEndpoint[];
  /** How many endpoints of the key the configuration creates before this one. */
  readonly created: number;
}

export interface WebhookRules {
  readonly endpointsPerKey: number;
  readonly violationsOf: (endpoint: DeclaredWebhookEndpoint) => readonly FieldViolation[];
}

/** Decides on an endpoint. A declaration replaces everything but the secret, which belongs to the key's owner. */
export function declaredWebhook(
  endpoint: DeclaredWebhookEndpoint,
  path: string,
  key: KeyOfWebhook,
  calls: {
    readonly storeWebhookEndpoint: StoreWebhookEndpoint;
    readonly webhookRules: WebhookRules;
  },
  by: Operator,
): Step {
  const { keyId, name, secretFile } = endpoint;
  const { endpointsPerKey, violationsOf } = calls.webhookRules;
  const wrong = (field: string, description: string): Step => ({
    ...{ kind: "wrong", field: `${path}.${field}`, description },
  });
  if (!key.exists) {
    return wrong("key_id", `there is no API key ${keyId}: create it, or declare it in api_keys`);
  }
  if (secretFile !== "" && by !== configFile) {
    return wrong("secret_file", "only the configuration file of a scheduler may name a file");
  }
  const [violation] = violationsOf(endpoint);
  if (violation !== undefined) return wrong(violation.field, violation.description);
  const before = key.endpoints.find((one) => one.name === name);
  const subject = `${keyId}/${name}`;
  const make = () => calls.storeWebhookEndpoint(endpoint, before, by);
  if (before !== undefined) {
    if (agrees(endpoint, before)) return { kind: "none" };
    return { kind: "change", action: "UpdateWebhookEndpoint", subject, make };
  }
  if (key.endpoints.length + key.created >= endpointsPerKey) {
    const most = `API key ${keyId} may have ${endpointsPerKey} webhook endpoints`;
    return wrong("key_id", `${most} (MILLRACE_WEBHOOK_ENDPOINTS_PER_KEY)`);
  }
  const whose =
    keyId === OPERATOR_KEY
      ? "an operator gets one with `millrace operator-webhooks rotate`"
      : "the key's owner gets one with `millrace webhooks rotate`";
  const note = `Millrace made the secret of webhook endpoint ${subject}: ${whose}`;
  return {
    ...{ kind: "change", action: "CreateWebhookEndpoint", subject, make },
    ...(secretFile === "" ? { note } : {}),
  };
}

const agrees = (declared: DeclaredWebhookEndpoint, before: WebhookEndpoint): boolean =>
  declared.url === before.url &&
  declared.includeResult === before.includeResult &&
  (declared.enabled ?? before.enabled) === before.enabled &&
  sameWords(declared.eventTypes, before.eventTypes) &&
  sameWords(declared.queues, before.queues ?? []);

const sameWords = (one: readonly string[], other: readonly string[]): boolean =>
  one.toSorted().join() === other.toSorted().join();
