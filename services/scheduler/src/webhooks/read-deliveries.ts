import type { MessageInitShape } from "@bufbuild/protobuf";
import type { JobRecord } from "@millrace/engine";
import type { WebhookDeliverySchema } from "@millrace/proto/webhook-endpoint";
import {
  isJobId,
  type JobId,
  type KeyId,
  parseJobId,
  type StoredDelivery,
  WEBHOOK_QUEUE,
} from "@millrace/shared";
import { webhookDeliveryMessage } from "../messages/webhook-delivery-message.ts";
import { deliveryLabels } from "./delivery-job.ts";
import { deliveryNotFound, type WebhookParts } from "./webhook-parts.ts";

type Delivery = MessageInitShape<typeof WebhookDeliverySchema>;

/** Returns the id if it is that of a delivery of the key. Otherwise throws DELIVERY_NOT_FOUND. */
export function ownDeliveryId(keyId: KeyId, deliveryId: string): JobId {
  const parts = parseJobId(deliveryId);
  if (!isJobId(deliveryId) || parts?.queue !== WEBHOOK_QUEUE || parts.keyId !== keyId) {
    throw deliveryNotFound(deliveryId);
  }
  return deliveryId;
}

/** The id that a gateway has made for a new delivery of the key. Undefined: it made none. */
export const newDeliveryId = (keyId: KeyId, deliveryId = ""): JobId | undefined =>
  deliveryId === "" ? undefined : ownDeliveryId(keyId, deliveryId);

/** Reads a delivery's job with its payload: also one of which only the dead letter is left. Throws DELIVERY_NOT_FOUND. */
export async function readDelivery(
  { engine }: Pick<WebhookParts, "engine">,
  id: JobId,
): Promise<JobRecord> {
  const [job] = await engine.getJobs([id]);
  if (job !== undefined) return job;
  const letter = await engine.deadLetters.get(id);
  if (letter === undefined) throw deliveryNotFound(id);
  return { ...letter.job, attempts: letter.attempts };
}

/** Describes deliveries of one key. */
export async function deliveryMessages(
  { engine }: Pick<WebhookParts, "engine">,
  keyId: KeyId,
  jobs: readonly JobRecord[],
): Promise<Delivery[]> {
  if (jobs.length === 0) return [];
  const endpoints = await engine.webhookEndpoints.list(keyId);
  const urls = new Map(endpoints.map(({ id, url }) => [id, url]));
  return jobs.map((job) =>
    webhookDeliveryMessage(job, urls.get(job.labels[deliveryLabels.endpointId] ?? "")),
  );
}

export const storedDelivery = (job: JobRecord): StoredDelivery =>
  JSON.parse(job.payloadJson) as StoredDelivery;
