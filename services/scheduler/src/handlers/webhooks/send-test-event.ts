import { newEventId, WEBHOOK_TEST_TYPE } from "@millrace/shared";
import { deliveryJob } from "../../webhooks/delivery-job.ts";
import { newDeliveryId } from "../../webhooks/read-deliveries.ts";
import { submitDeliveries } from "../../webhooks/submit-deliveries.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import { sealerOf, type WebhookParts } from "../../webhooks/webhook-parts.ts";
import { ownEndpoint } from "./own-endpoint.ts";

/** Sends a test event. The endpoint's types of events and whether it is enabled do not matter. A repeated call sends none. */
export const sendTestEvent = (parts: WebhookParts) =>
  webhookHandler<"sendTestEvent">(async ({ endpointId }, keyId, { deliveryId }) => {
    sealerOf(parts);
    await ownEndpoint(parts, keyId, endpointId);
    const { clock, random } = parts;
    const nowMs = clock.nowMs();
    const id = newDeliveryId(keyId, deliveryId);
    const eventId = newEventId(nowMs, random);
    const body = JSON.stringify({
      ...{ id: eventId, object: "event", type: WEBHOOK_TEST_TYPE },
      created_at: Math.floor(nowMs / 1_000),
      data: { id: endpointId },
    });
    const event = { event_id: eventId, event_type: WEBHOOK_TEST_TYPE, subject_id: endpointId };
    const job = deliveryJob(
      { endpoint_id: endpointId, ...event, body },
      { keyId, nowMs, random, id },
    );
    const [delivery] = await submitDeliveries(parts, keyId, [job]);
    return delivery === undefined ? {} : { delivery };
  });
