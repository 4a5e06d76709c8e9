import type { WebhookEndpoint } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isKeyId } from "@millrace/shared";
import { webhookEndpointMessage } from "../../messages/webhook-endpoint-message.ts";
import { createEndpoint } from "../../webhooks/create-endpoint.ts";
import { endpointNotFound, sealerOf, type WebhookParts } from "../../webhooks/webhook-parts.ts";

/** Creates an endpoint. A repeated call finds the endpoint by the id that the gateway has made, and changes nothing. */
export const createWebhookEndpoint =
  (
    parts: WebhookParts,
  ): Handler<(typeof SchedulerService)["method"]["createWebhookEndpoint"], undefined> =>
  async ({ keyId, endpointId, request }) => {
    if (!isKeyId(keyId) || request === undefined) {
      throw rpcError({ reason: "MALFORMED", message: "key_id and request must be set" });
    }
    const sealer = sealerOf(parts);
    const existing = await parts.engine.webhookEndpoints.get(endpointId);
    if (existing !== undefined && existing.keyId !== keyId) throw endpointNotFound(endpointId);
    // A call that was cut off may have left it unknown to the shards, which record the ends.
    if (existing !== undefined)
      await parts.engine.webhookEndpoints.create(existing, parts.endpointsPerKey);
    const endpoint =
      existing ?? (await createEndpoint(parts, { ...request, id: endpointId, keyId }));
    return { response: answerOf(endpoint, sealer.open, parts.clock.nowMs()) };
  };

function answerOf(
  endpoint: WebhookEndpoint,
  open: (sealed: WebhookEndpoint["secrets"][number]) => string,
  nowMs: number,
) {
  const [secret] = endpoint.secrets;
  if (secret === undefined) throw new Error(`${endpoint.id} has no secret`);
  return { endpoint: webhookEndpointMessage(endpoint, nowMs), secret: open(secret) };
}
