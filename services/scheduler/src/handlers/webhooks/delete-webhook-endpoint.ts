import { closeCircuit } from "../../webhooks/endpoint-circuits.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import { endpointNotFound, type WebhookParts } from "../../webhooks/webhook-parts.ts";

/** Deletes an endpoint. One that is gone already counts as deleted, so that the call may be repeated. */
export const deleteWebhookEndpoint = ({ engine }: WebhookParts) =>
  webhookHandler<"deleteWebhookEndpoint">(async ({ endpointId }, keyId) => {
    const endpoint = await engine.webhookEndpoints.get(endpointId);
    if (endpoint !== undefined && endpoint.keyId !== keyId) throw endpointNotFound(endpointId);
    // Also if it is gone: a call that was cut off may have left its entry among the owners.
    await engine.webhookEndpoints.delete(endpointId);
    await closeCircuit(engine, endpointId);
    return {};
  });
