import { type JobSpec, OPERATOR_KEY, type WebhooksOfKey } from "@millrace/engine";
import { matchesEventTypes, type Random, type StoredDelivery } from "@millrace/shared";
import { deliveryJob } from "./delivery-job.ts";
import type { WebhookEvent } from "./event.ts";

/**
 * The jobs that deliver an event: one for each endpoint that receives it, and one for its callback. An idempotency key
 * names event and receiver, so that an event that is moved again makes no second delivery.
 */
export function eventDeliveries(
  event: WebhookEvent,
  { endpoints }: Pick<WebhooksOfKey, "endpoints">,
  { nowMs, random }: { readonly nowMs: number; readonly random: Random },
): readonly JobSpec[] {
  const { id, type, subjectId, queue, keyId, callback } = event;
  const make = (receiver: Pick<StoredDelivery, "endpoint_id" | "callback_url">, body: string) =>
    deliveryJob(
      { ...receiver, event_id: id, event_type: type, subject_id: subjectId, body },
      {
        ...{ keyId, nowMs, random },
        idempotencyKey: `${id}:${receiver.endpoint_id ?? "callback"}`,
      },
    );
  const jobs = endpoints
    .filter(
      ({ enabled, eventTypes, queues = [] }) =>
        enabled &&
        matchesEventTypes(eventTypes, type) &&
        (queues.length === 0 || queues.includes(queue)),
    )
    .map((endpoint) => make({ endpoint_id: endpoint.id }, event.body(endpoint.includeResult)));
  const called = keyId !== OPERATOR_KEY && callback !== undefined && isWanted(callback, type);
  return called
    ? [...jobs, make({ callback_url: callback.url }, event.body(callback.includeResult))]
    : jobs;
}

const isWanted = ({ eventTypes }: { readonly eventTypes: readonly string[] }, type: string) =>
  matchesEventTypes(eventTypes, type);
