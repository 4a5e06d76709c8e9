import { webhookEndpointMessage } from "../../messages/webhook-endpoint-message.ts";
import { pauseOf } from "../../webhooks/endpoint-circuits.ts";
import { updateEndpoint } from "../../webhooks/update-endpoint.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import type { WebhookParts } from "../../webhooks/webhook-parts.ts";
import { ownEndpoint } from "./own-endpoint.ts";

export const updateWebhookEndpoint = (parts: WebhookParts) =>
  webhookHandler<"updateWebhookEndpoint">(async (request, keyId) => {
    const { endpointId, etag, url, name, includeResult, enabled } = request;
    const before = await ownEndpoint(parts, keyId, endpointId);
    const { eventTypes, queues } = request;
    const change = {
      ...{ url, name, includeResult, enabled },
      ...{ eventTypes: eventTypes?.types, queues: queues?.names },
    };
    const endpoint = await updateEndpoint(parts, before, change, etag);
    const paused = await pauseOf(parts.engine, endpointId);
    return { endpoint: webhookEndpointMessage(endpoint, parts.clock.nowMs(), paused) };
  });
