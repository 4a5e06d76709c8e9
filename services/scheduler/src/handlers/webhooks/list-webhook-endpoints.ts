import { webhookEndpointMessage } from "../../messages/webhook-endpoint-message.ts";
import { pauseOf } from "../../webhooks/endpoint-circuits.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import type { WebhookParts } from "../../webhooks/webhook-parts.ts";

export const listWebhookEndpoints = ({ engine, clock }: WebhookParts) =>
  webhookHandler<"listWebhookEndpoints">(async (_, keyId) => {
    const endpoints = await engine.webhookEndpoints.list(keyId);
    const nowMs = clock.nowMs();
    const pauses = await Promise.all(endpoints.map(({ id }) => pauseOf(engine, id)));
    return {
      endpoints: endpoints.map((endpoint, index) =>
        webhookEndpointMessage(endpoint, nowMs, pauses[index]),
      ),
    };
  });
