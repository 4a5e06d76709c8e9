import type { Engine } from "@millrace/engine";
import { type QueueName, WEBHOOK_BACKOFFS_MS, WEBHOOK_QUEUE, WEBHOOK_TYPE } from "@millrace/shared";

const DAY_MS = 24 * 3_600_000;

/** Makes the internal queue of deliveries. Deliveries are kept for as long as callers look at them. */
export async function defineWebhookQueue(engine: Pick<Engine, "defineQueue">): Promise<void> {
  await engine.defineQueue({
    ...{ name: WEBHOOK_QUEUE as QueueName, types: [WEBHOOK_TYPE] },
    ...{ retainSucceededMs: 3 * DAY_MS, retainFailedMs: 7 * DAY_MS },
    // A lost courier is no fault of the event, so a delivery has all of its attempts.
    maxStalls: WEBHOOK_BACKOFFS_MS.length + 1,
  });
}
