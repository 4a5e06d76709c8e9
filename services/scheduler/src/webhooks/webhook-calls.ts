import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { WebhookService } from "@millrace/proto/webhook-service";
import type { Handler } from "@millrace/runtime";
import { createWebhookEndpoint } from "../handlers/webhooks/create-webhook-endpoint.ts";
import { deleteWebhookEndpoint } from "../handlers/webhooks/delete-webhook-endpoint.ts";
import { getCallbackSecret } from "../handlers/webhooks/get-callback-secret.ts";
import { getWebhookDelivery } from "../handlers/webhooks/get-webhook-delivery.ts";
import { getWebhookEndpoint } from "../handlers/webhooks/get-webhook-endpoint.ts";
import { listWebhookDeliveries } from "../handlers/webhooks/list-webhook-deliveries.ts";
import { listWebhookEndpoints } from "../handlers/webhooks/list-webhook-endpoints.ts";
import { redeliverWebhooks } from "../handlers/webhooks/redeliver-webhooks.ts";
import { rotateWebhookSecret } from "../handlers/webhooks/rotate-webhook-secret.ts";
import { sendTestEvent } from "../handlers/webhooks/send-test-event.ts";
import { updateWebhookEndpoint } from "../handlers/webhooks/update-webhook-endpoint.ts";
import { unaryOverStore } from "../store/store-outage.ts";
import type { WebhookParts } from "./webhook-parts.ts";

/** The name of a call about webhooks. SchedulerService has the calls of WebhookService, by the same names. */
export type WebhookCall = keyof (typeof WebhookService)["method"];

type WebhookCalls = {
  readonly [Name in WebhookCall]: Handler<(typeof SchedulerService)["method"][Name], undefined>;
};

/** The calls of SchedulerService that are about webhooks. */
export const webhookCalls = (parts: WebhookParts): WebhookCalls => ({
  createWebhookEndpoint: unaryOverStore(createWebhookEndpoint(parts)),
  getWebhookEndpoint: unaryOverStore(getWebhookEndpoint(parts)),
  listWebhookEndpoints: unaryOverStore(listWebhookEndpoints(parts)),
  updateWebhookEndpoint: unaryOverStore(updateWebhookEndpoint(parts)),
  deleteWebhookEndpoint: unaryOverStore(deleteWebhookEndpoint(parts)),
  rotateWebhookSecret: unaryOverStore(rotateWebhookSecret(parts)),
  getCallbackSecret: unaryOverStore(getCallbackSecret(parts)),
  sendTestEvent: unaryOverStore(sendTestEvent(parts)),
  listWebhookDeliveries: unaryOverStore(listWebhookDeliveries(parts)),
  getWebhookDelivery: unaryOverStore(getWebhookDelivery(parts)),
  redeliverWebhooks: unaryOverStore(redeliverWebhooks(parts)),
});
