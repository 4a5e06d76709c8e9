import { createHash } from "node:crypto";
import { create, toJsonString } from "@bufbuild/protobuf";
import type { JobSpec } from "@millrace/engine";
import { JobSpecSchema } from "@millrace/proto/job";
import {
  defaultBackoff,
  type JobId,
  type KeyId,
  limits,
  newJobId,
  type QueueName,
  type Random,
  type StoredDelivery,
  WEBHOOK_BACKOFFS_MS,
  WEBHOOK_POOL_PREFIX,
  WEBHOOK_QUEUE,
  WEBHOOK_TYPE,
} from "@millrace/shared";
import { KEPT_ASIDE_MS } from "../policy/unmoved-entry.ts";

/** The labels of a delivery's job, by which deliveries are listed. */
export const deliveryLabels = {
  endpointId: "endpoint_id",
  eventId: "event_id",
  eventType: "event_type",
  subjectId: "subject_id",
} as const;

/**
 * An entry of an outbox is submitted again while one of its deliveries is refused, and dropped after a day by the first try
 * that fails. Deliveries of it that were accepted must be known until then, also if schedulers stood still meanwhile.
 */
const WINDOW_MS = 2 * KEPT_ASIDE_MS;

export interface DeliveryOptions {
  /** The key that owns the endpoint or the callback's job: keys share the couriers. */
  readonly keyId: KeyId;
  readonly nowMs: number;
  readonly random: Random;
  /** Its id. Default: a new one. A second delivery with the same id is not stored. */
  readonly id?: JobId | undefined;
  /** A second delivery with the same key is not stored. */
  readonly idempotencyKey?: string;
  /** The delivery that is sent again. */
  readonly redrivenFrom?: JobId;
}

/** Makes the job that sends an event to an endpoint or a callback. */
export function deliveryJob(delivery: StoredDelivery, options: DeliveryOptions): JobSpec {
  const { keyId, nowMs, random, id, idempotencyKey, redrivenFrom } = options;
  const { endpoint_id: endpointId, callback_url: callbackUrl } = delivery;
  return {
    id: id ?? newJobId(WEBHOOK_QUEUE as QueueName, keyId, nowMs, random),
    type: WEBHOOK_TYPE,
    payloadJson: JSON.stringify(delivery),
    priority: limits.priority.default,
    maxAttempts: WEBHOOK_BACKOFFS_MS.length + 1,
    backoff: defaultBackoff,
    pool: `${WEBHOOK_POOL_PREFIX}${endpointId ?? callbackPool(keyId, callbackUrl ?? "")}`,
    labels: {
      ...(endpointId === undefined ? {} : { [deliveryLabels.endpointId]: endpointId }),
      [deliveryLabels.eventId]: delivery.event_id,
      [deliveryLabels.eventType]: delivery.event_type,
      [deliveryLabels.subjectId]: delivery.subject_id,
    },
    submittedAtMs: nowMs,
    // Lists read no payloads, and show the URL.
    ...(callbackUrl === undefined
      ? {}
      : {
          details: toJsonString(
            JobSpecSchema,
            create(JobSpecSchema, { callback: { url: callbackUrl } }),
          ),
        }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey, idempotencyWindowMs: WINDOW_MS }),
    ...(redrivenFrom === undefined ? {} : { redrivenFrom }),
  };
}

/** Callbacks of one key to one server share a pool, so that they share its cool-down. */
const callbackPool = (keyId: KeyId, url: string): string =>
  createHash("sha256")
    .update(`${keyId} ${new URL(url).origin}`)
    .digest("base64url")
    .slice(0, 22);
