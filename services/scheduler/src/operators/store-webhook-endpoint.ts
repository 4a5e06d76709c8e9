import type { WebhookEndpoint } from "@millrace/engine";
import {
  type DeclaredWebhookEndpoint,
  DeclaredWebhookEndpointSchema,
} from "@millrace/proto/admin-service";
import { readSecretFile } from "@millrace/runtime";
import { newWebhookEndpointId, newWebhookSecret } from "@millrace/shared";
import type { Operator } from "../tokens/operator-tokens.ts";
import { createEndpoint } from "../webhooks/create-endpoint.ts";
import { updateEndpoint } from "../webhooks/update-endpoint.ts";
import type { WebhookParts } from "../webhooks/webhook-parts.ts";
import { keyIdOf } from "./existing-key.ts";
import type { RecordChange } from "./record-change.ts";

/** Creates an endpoint that is declared, or changes the one `before` that has its name. */
export type StoreWebhookEndpoint = (
  declared: DeclaredWebhookEndpoint,
  before: WebhookEndpoint | undefined,
  by: Operator,
) => Promise<unknown>;

export function storeWebhookEndpoint(
  parts: WebhookParts,
  record: RecordChange,
): StoreWebhookEndpoint {
  return (declared, before, by) => {
    const { keyId, name, url, eventTypes, queues, includeResult, enabled } = declared;
    const action = before === undefined ? "CreateWebhookEndpoint" : "UpdateWebhookEndpoint";
    const change = { by, action, subject: `${keyId}/${name}`, request: declared };
    return record({ ...change, schema: DeclaredWebhookEndpointSchema }, async () => {
      if (before !== undefined) {
        await updateEndpoint(parts, before, { url, eventTypes, queues, includeResult, enabled });
        return;
      }
      const id = newWebhookEndpointId(parts.clock.nowMs(), parts.random);
      const fields = {
        id,
        name,
        url,
        eventTypes,
        queues,
        includeResult,
        secret: secretOf(parts, declared),
      };
      await createEndpoint(parts, { ...fields, keyId: keyIdOf(keyId), enabled: enabled ?? true });
    });
  };
}

/** The secret of a new endpoint. Throws a ConfigError if its file cannot be read. */
const secretOf = (
  { random }: WebhookParts,
  { secretFile, keyId, name }: DeclaredWebhookEndpoint,
) =>
  secretFile === ""
    ? newWebhookSecret(random)
    : (readSecretFile([`secret_file of webhook endpoint ${keyId}/${name}`, secretFile]) ?? "");
