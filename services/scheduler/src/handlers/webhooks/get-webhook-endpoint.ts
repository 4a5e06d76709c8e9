import { webhookEndpointMessage } from "../../messages/webhook-endpoint-message.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import type { WebhookParts } from "../../webhooks/webhook-parts.ts";
import { ownEndpoint } from "./own-endpoint.ts";

export const getWebhookEndpoint = (parts: WebhookParts) =>
  webhookHandler<"getWebhookEndpoint">(async ({ endpointId }, keyId) => {
    const endpoint = await ownEndpoint(parts, keyId, endpointId);
    return { endpoint: webhookEndpointMessage(endpoint, parts.clock.nowMs()) };
  });
