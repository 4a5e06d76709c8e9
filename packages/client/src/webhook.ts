import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationMs, type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import {
  type WebhookAttempt as AttemptMessage,
  type Callback as CallbackMessage,
  type CallbackSchema,
  type WebhookDelivery as DeliveryMessage,
  type WebhookEndpoint as EndpointMessage,
  WebhookDeliveryState as StateMessage,
  WebhookDisabledReason,
  WebhookPauseReason,
} from "@millrace/proto/webhook-endpoint";
import type { UpdateWebhookEndpointRequestSchema } from "@millrace/proto/webhook-service";
import { parsed } from "./parsed.ts";

/** A URL of a job's or group's own, to which its end is sent. */
export interface Callback {
  readonly url: string;
  /** The types of events that are sent, for example "job.failed". Default: every end. */
  readonly eventTypes?: readonly string[];
  /** True: the event of a job that succeeded carries its result, if the event stays within 20 kB. */
  readonly includeResult?: boolean;
}

/** An endpoint to create. Only `url` is required. */
export interface NewWebhookEndpoint extends Callback {
  /** A name for people. No two endpoints of an API key have the same name. */
  readonly name?: string;
  /** Only events of jobs and groups of these queues are sent. Default: of all queues. */
  readonly queues?: readonly string[];
  /** A secret that you bring: "whsec_" and the base64 of 24 to 64 bytes. Default: Millrace makes one. */
  readonly secret?: string;
}

/** The new values of an endpoint. What is left out stays as it is. */
export interface WebhookEndpointChange extends Partial<Callback> {
  readonly name?: string;
  /** Empty: all. */
  readonly queues?: readonly string[];
  /** True enables an endpoint again, also one that Millrace disabled. */
  readonly enabled?: boolean;
  /** The etag of the endpoint that you read: the change fails with CHANGED_MEANWHILE if it has changed since. */
  readonly etag?: string;
}

/** A URL to which Millrace sends the events of an API key. */
export interface WebhookEndpoint {
  readonly id: string;
  /** Empty: it has none. */
  readonly name: string;
  readonly url: string;
  /** Empty: all types. */
  readonly eventTypes: readonly string[];
  /** Empty: all. */
  readonly queues: readonly string[];
  readonly includeResult: boolean;
  readonly enabled: boolean;
  /** Why Millrace disabled it. */
  readonly disabledReason?: "GONE" | "FAILING";
  readonly createTime?: Date;
  readonly updateTime?: Date;
  /** The last characters of the current secret. */
  readonly secretHint: string;
  /** Until when requests are signed with the former secret too. */
  readonly formerSecretExpireTime?: Date;
  /** Since when every request has failed. */
  readonly failingSince?: Date;
  /** Why no request is made now, or one at a time. Left out: requests are made. */
  readonly pause?: WebhookPause;
  readonly etag: string;
}

/** A pause of an endpoint. Deliveries wait, and spend no attempt. One at a time is sent, to try the receiver. */
export interface WebhookPause {
  /** Why it began. BUSY: the receiver answered 429, 503 or 529. FAILING: several requests in a row failed. */
  readonly reason: "BUSY" | "FAILING";
  readonly since?: Date;
  /**
   * The earliest time of the next request. While one is under way, another one is made at this time if no answer has come.
   * Left out: no request is under way, and the next delivery that waits is sent at once.
   */
  readonly until?: Date;
}

export type WebhookDeliveryState = "PENDING" | "DELIVERED" | "FAILED" | "CANCELLED";

/** An event that is being sent to an endpoint or callback, or was sent. */
export interface WebhookDelivery {
  /** The id of the job that sends it. */
  readonly id: string;
  /** Left out for a callback. */
  readonly endpointId?: string;
  /** The header webhook-id. */
  readonly eventId: string;
  readonly eventType: string;
  /** Without its query. */
  readonly url: string;
  /** The job or group that the event is about. */
  readonly subjectId: string;
  readonly state: WebhookDeliveryState;
  readonly createTime?: Date;
  /** While it waits: when the next request is made. */
  readonly nextAttemptTime?: Date;
  /** The requests so far, in order. */
  readonly attempts: readonly WebhookAttempt[];
  /** The body of the request. Lists leave it out. */
  readonly body?: unknown;
}

/** One request of a delivery. */
export interface WebhookAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly startTime?: Date;
  readonly latencyMs?: number;
  /** The HTTP status of the answer. Left out: there was no answer. */
  readonly status?: number;
  /** The first KiB of the answer's body. */
  readonly answer: string;
  /** Why it failed. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export const callbackMessage = (callback: Callback): MessageInitShape<typeof CallbackSchema> => ({
  url: callback.url,
  ...(callback.eventTypes === undefined ? {} : { eventTypes: [...callback.eventTypes] }),
  ...(callback.includeResult === undefined ? {} : { includeResult: callback.includeResult }),
});

export const callbackOf = ({ url, eventTypes, includeResult }: CallbackMessage): Callback => ({
  ...{ url, eventTypes, includeResult },
});

export function changeMessage(
  endpointId: string,
  { url, eventTypes, queues, includeResult, name, enabled, etag }: WebhookEndpointChange,
): MessageInitShape<typeof UpdateWebhookEndpointRequestSchema> {
  return {
    endpointId,
    ...(url === undefined ? {} : { url }),
    ...(eventTypes === undefined ? {} : { eventTypes: { types: [...eventTypes] } }),
    ...(queues === undefined ? {} : { queues: { names: [...queues] } }),
    ...(includeResult === undefined ? {} : { includeResult }),
    ...(name === undefined ? {} : { name }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(etag === undefined ? {} : { etag }),
  };
}

export function webhookEndpointOf(message: EndpointMessage): WebhookEndpoint {
  const { id, name, url, eventTypes, queues, includeResult, enabled, secretHint, etag } = message;
  const endpoint: Mutable<WebhookEndpoint> = {
    ...{ queues, id, name, url, eventTypes, includeResult, enabled, secretHint, etag },
  };
  if (message.disabledReason !== WebhookDisabledReason.UNSPECIFIED) {
    endpoint.disabledReason = nameOf(WebhookDisabledReason, message.disabledReason);
  }
  if (message.pause !== undefined) {
    const { reason, since, until } = message.pause;
    endpoint.pause = {
      reason: nameOf(WebhookPauseReason, reason),
      ...(since === undefined ? {} : { since: timestampDate(since) }),
      ...(until === undefined ? {} : { until: timestampDate(until) }),
    };
  }
  for (const field of endpointTimes) {
    const time: Timestamp | undefined = message[field];
    if (time !== undefined) endpoint[field] = timestampDate(time);
  }
  return endpoint;
}

const endpointTimes = [
  ...(["createTime", "updateTime", "formerSecretExpireTime", "failingSince"] as const),
];

export function webhookDeliveryOf(message: DeliveryMessage): WebhookDelivery {
  const { id, endpointId, eventId, eventType, url, subjectId, bodyJson } = message;
  const { createTime, nextAttemptTime } = message;
  return {
    ...{ id, eventId, eventType, url, subjectId },
    state: nameOf(StateMessage, message.state),
    attempts: message.attempts.map(attemptOf),
    ...(endpointId === "" ? {} : { endpointId }),
    ...(createTime === undefined ? {} : { createTime: timestampDate(createTime) }),
    ...(nextAttemptTime === undefined ? {} : { nextAttemptTime: timestampDate(nextAttemptTime) }),
    ...(bodyJson === "" ? {} : { body: parsed(bodyJson) }),
  };
}

function attemptOf(message: AttemptMessage): WebhookAttempt {
  const { attempt, answer, startTime, latency, status, reason, failure } = message;
  return {
    ...{ attempt, answer },
    ...(startTime === undefined ? {} : { startTime: timestampDate(startTime) }),
    ...(latency === undefined ? {} : { latencyMs: durationMs(latency) }),
    ...(status === 0 ? {} : { status }),
    ...(reason === "" ? {} : { failure: { reason, message: failure } }),
  };
}

/** A newer gateway may send values that this client does not know. Their name is then their number. */
const nameOf = <Name extends string>(names: Readonly<Record<number, string>>, value: number) =>
  (names[value] ?? String(value)) as Name;
