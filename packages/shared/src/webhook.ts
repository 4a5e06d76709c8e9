/**
 * What the scheduler and the courier share about webhooks. A delivery is a job of the internal queue `WEBHOOK_QUEUE`. Its
 * stored payload names the event and the endpoint, and holds no secret. When the delivery is leased, the scheduler resolves
 * the endpoint, signs the request, and gives the worker a `WebhookRequest` as the payload. So secrets never leave the
 * scheduler.
 */

/** The internal queue of deliveries. Names that begin with `INTERNAL_QUEUE_PREFIX` are not for callers and operators. */
export const WEBHOOK_QUEUE = "millrace-webhooks";
export const INTERNAL_QUEUE_PREFIX = "millrace-";
/** The job type of deliveries. */
export const WEBHOOK_TYPE = "webhook";

/** The pools of deliveries begin with this: an endpoint's is followed by its id. */
export const WEBHOOK_POOL_PREFIX = "webhook/";

/** The list of those set-aside entries of an outbox that cannot be read. The other lists are named by keys; no key has this id. */
export const UNREADABLE_LIST = "-";

/**
 * The payload of a delivery as it is stored. It has either `endpoint_id` or `callback_url`. It has no secret, and the
 * endpoint is resolved again at each attempt.
 */
export interface StoredDelivery {
  readonly endpoint_id?: string;
  /** The URL of a job's or group's own callback. */
  readonly callback_url?: string;
  /** The header webhook-id. */
  readonly event_id: string;
  readonly event_type: string;
  /** The job or group that the event is about, or the endpoint of a test event. */
  readonly subject_id: string;
  /** The body of the request, JSON text. It is signed and sent as it is. */
  readonly body: string;
}

/** The payload of a delivery as a worker gets it: one signed request, to be sent at once. */
export interface WebhookRequest {
  readonly url: string;
  /** All headers of the request but those of HTTP itself, in lower case: content-type, user-agent, webhook-*. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, JSON text. The signature is over these bytes. */
  readonly body: string;
}

/** The payload of a delivery that must not be sent, for example because its endpoint was deleted. */
export interface RefusedWebhook {
  readonly refused: { readonly reason: string; readonly message: string };
}

/** What a courier reports of a request: the result of a delivery, or the details of its failure. */
export interface WebhookAnswer {
  /** The HTTP status. Left out: there was no answer. */
  readonly status?: number;
  /** The time until the answer was read. */
  readonly latency_ms: number;
  /** The first KiB of the answer's body, as well-formed text without control characters. */
  readonly answer?: string;
}

/**
 * The waits before the second request and the further ones. Source: the schedule that Standard Webhooks 1.0 recommends
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export const WEBHOOK_BACKOFFS_MS = [
  5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
] as const;

/** The largest body of a request. */
export const WEBHOOK_BODY_BYTES = 20_000;
