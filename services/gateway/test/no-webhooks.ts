import { notImplemented } from "@millrace/runtime";

/** The calls about webhooks of a scheduler that has none. */
export const noWebhooks = {
  createWebhookEndpoint: notImplemented,
  getWebhookEndpoint: notImplemented,
  listWebhookEndpoints: notImplemented,
  updateWebhookEndpoint: notImplemented,
  deleteWebhookEndpoint: notImplemented,
  rotateWebhookSecret: notImplemented,
  getCallbackSecret: notImplemented,
  sendTestEvent: notImplemented,
  listWebhookDeliveries: notImplemented,
  getWebhookDelivery: notImplemented,
  redeliverWebhooks: notImplemented,
};
