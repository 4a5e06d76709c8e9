import type { GatewayParts } from "../../gateway-parts.ts";
import { createWebhookEndpoint } from "./create-webhook-endpoint.ts";
import { redeliverWebhooks, sendTestEvent } from "./new-delivery.ts";
import { passedOn } from "./passed-on.ts";
import { rotateWebhookSecret } from "./rotate-webhook-secret.ts";

/** The handlers of WebhookService. Schedulers know the endpoints, so they answer most calls. */
export const webhookHandlers = (parts: GatewayParts) => ({
  createWebhookEndpoint: createWebhookEndpoint(parts),
  getWebhookEndpoint: passedOn(parts, "getWebhookEndpoint"),
  listWebhookEndpoints: passedOn(parts, "listWebhookEndpoints"),
  updateWebhookEndpoint: passedOn(parts, "updateWebhookEndpoint"),
  deleteWebhookEndpoint: passedOn(parts, "deleteWebhookEndpoint"),
  rotateWebhookSecret: rotateWebhookSecret(parts),
  getCallbackSecret: passedOn(parts, "getCallbackSecret"),
  sendTestEvent: sendTestEvent(parts),
  listWebhookDeliveries: passedOn(parts, "listWebhookDeliveries"),
  getWebhookDelivery: passedOn(parts, "getWebhookDelivery"),
  redeliverWebhooks: redeliverWebhooks(parts),
});
