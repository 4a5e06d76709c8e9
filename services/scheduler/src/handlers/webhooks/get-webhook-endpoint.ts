import { webhookEndpointMessage } from "../../messages/webhook-endpoint-message.ts";
import { pauseOf } from "../../webhooks/endpoint-circuits.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import type { WebhookParts } from "../../webhooks/webhook-parts.ts";
import { ownEndpoint } from "./own-endpoint.ts";

export const getWebhookEndpoint = (parts: WebhookParts) =>
  webhookHandler<"getWebhookEndpoint">(async ({ endpointId }, keyId) => {
    const endpoint = await ownEndpoint(parts, keyId, endpointId);
    const paused = await pauseOf(parts.engine, endpointId);
    return { endpoint: webhookEndpointMessage(endpoint, parts.clock.nowMs(), paused) };
  });
