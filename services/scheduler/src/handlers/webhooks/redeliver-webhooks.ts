import type { JobRecord } from "@millrace/engine";
import type { FailedDeliveries } from "@millrace/proto/webhook-service";
import { rpcError, timeMs } from "@millrace/runtime";
import { type KeyId, limits, type QueueName, WEBHOOK_QUEUE } from "@millrace/shared";
import { deliveryStateOf } from "../../messages/webhook-delivery-message.ts";
import { type DeliveryOptions, deliveryJob, deliveryLabels } from "../../webhooks/delivery-job.ts";
import {
  deliveryMessages,
  newDeliveryId,
  ownDeliveryId,
  readDelivery,
  storedDelivery,
} from "../../webhooks/read-deliveries.ts";
import { submitDeliveries } from "../../webhooks/submit-deliveries.ts";
import { webhookHandler } from "../../webhooks/webhook-handler.ts";
import type { WebhookParts } from "../../webhooks/webhook-parts.ts";
import { ownEndpoint } from "./own-endpoint.ts";

/** Sends the events of ended deliveries again, each as a new delivery with the same event. */
export const redeliverWebhooks = (parts: WebhookParts) =>
  webhookHandler<"redeliverWebhooks">(async ({ what }, keyId, { deliveryId }) => {
    if (what.case === "failed") return redeliverFailed(parts, keyId, what.value);
    const id = ownDeliveryId(keyId, what.value ?? "");
    const newId = newDeliveryId(keyId, deliveryId);
    const [made] = newId === undefined ? [] : await parts.engine.getJobs([newId], "attempts");
    if (made !== undefined) {
      // The call is repeated. What it sends again may be gone since, or be left by a call that was cut off.
      await parts.engine.deadLetters.remove([id]);
      return { deliveries: await deliveryMessages(parts, keyId, [made]) };
    }
    const job = await readDelivery(parts, id);
    if (deliveryStateOf(job.state) === "PENDING") {
      throw rpcError({
        reason: "ILLEGAL_TRANSITION",
        message: `the delivery is still pending: its job is ${job.state}, and is sent by itself`,
        metadata: { state: job.state },
      });
    }
    const again = againOf(parts, keyId, job, { id: newId });
    const deliveries = await submitDeliveries(parts, keyId, [again]);
    await parts.engine.deadLetters.remove([id]);
    return { deliveries };
  });

/**
 * Deliveries that failed are dead letters. Each is taken off once its new delivery is stored, so calls that follow find
 * the others. A call that was cut off in between stores nothing twice.
 */
async function redeliverFailed(
  parts: WebhookParts,
  keyId: KeyId,
  { endpointId, since }: FailedDeliveries,
) {
  await ownEndpoint(parts, keyId, endpointId);
  const sinceMs = since === undefined ? 0 : timeMs(since);
  const { deadLetters } = parts.engine;
  const most = limits.jobsPerSubmit;
  const failed: JobRecord[] = [];
  let pageToken: string | undefined;
  let more = false;
  do {
    const filter = { queue: WEBHOOK_QUEUE as QueueName, keyId, sinceMs };
    const page = await deadLetters.list(filter, most, pageToken);
    const own = page.letters.filter(
      ({ job }) =>
        job.labels[deliveryLabels.endpointId] === endpointId && job.submittedAtMs >= sinceMs,
    );
    const room = most - failed.length;
    failed.push(...own.slice(0, room).map(({ job }) => job));
    more = own.length > room;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && !more);
  // A page of dead letters has no payloads.
  const letters = await Promise.all(failed.map(({ id }) => deadLetters.get(id)));
  const jobs = letters.flatMap((letter) => (letter === undefined ? [] : [letter.job]));
  const again = jobs.map((job) =>
    againOf(parts, keyId, job, { idempotencyKey: `redeliver:${job.id}` }),
  );
  const deliveries = again.length === 0 ? [] : await submitDeliveries(parts, keyId, again);
  if (jobs.length > 0) await deadLetters.remove(jobs.map(({ id }) => id));
  return { deliveries, more };
}

const againOf = (
  { clock, random }: WebhookParts,
  keyId: KeyId,
  job: JobRecord,
  known: Pick<DeliveryOptions, "id" | "idempotencyKey">,
) =>
  deliveryJob(storedDelivery(job), {
    ...{ keyId, nowMs: clock.nowMs(), random, redrivenFrom: job.id },
    ...known,
  });
