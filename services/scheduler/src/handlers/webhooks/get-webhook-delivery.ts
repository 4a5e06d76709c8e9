import { deliveryMessages, ownDeliveryId, readDelivery } from "../../webhooks/read-deliveries.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import type { WebhookParts } from "../../webhooks/webhook-parts.ts";

export const getWebhookDelivery = (parts: WebhookParts) =>
  webhookHandler<"getWebhookDelivery">(async ({ deliveryId }, keyId) => {
    const job = await readDelivery(parts, ownDeliveryId(keyId, deliveryId));
    const [delivery] = await deliveryMessages(parts, keyId, [job]);
    return delivery === undefined ? {} : { delivery };
  });
