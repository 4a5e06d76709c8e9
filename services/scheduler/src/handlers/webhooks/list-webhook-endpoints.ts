import { webhookEndpointMessage } from "../../messages/webhook-endpoint-message.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import type { WebhookParts } from "../../webhooks/webhook-parts.ts";

export const listWebhookEndpoints = ({ engine, clock }: WebhookParts) =>
  webhookHandler<"listWebhookEndpoints">(async (_, keyId) => {
    const endpoints = await engine.webhookEndpoints.list(keyId);
    const nowMs = clock.nowMs();
    return { endpoints: endpoints.map((endpoint) => webhookEndpointMessage(endpoint, nowMs)) };
  });
