import { type KeyId, newJobId, type QueueName, WEBHOOK_QUEUE } from "@millrace/shared";
import type { GatewayParts } from "../../gateway-parts.ts";
import { passedOn } from "./passed-on.ts";

/** Gives the delivery that a call makes its id, so that a repeated call to a scheduler makes it once. */
const withDelivery =
  ({ clock, random }: GatewayParts) =>
  (_: unknown, keyId: KeyId) => ({
    deliveryId: newJobId(WEBHOOK_QUEUE as QueueName, keyId, clock.nowMs(), random),
  });

export const sendTestEvent = (parts: GatewayParts) =>
  passedOn(parts, "sendTestEvent", withDelivery(parts));

export const redeliverWebhooks = (parts: GatewayParts) =>
  passedOn(parts, "redeliverWebhooks", withDelivery(parts));
