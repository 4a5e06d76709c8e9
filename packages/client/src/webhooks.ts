import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { WebhookDeliveryState as StateMessage } from "@millrace/proto/webhook-endpoint";
import { WebhookService } from "@millrace/proto/webhook-service";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { asking, askingOnce, required } from "./retrying.ts";
import {
  changeMessage,
  type NewWebhookEndpoint,
  type WebhookDelivery,
  type WebhookDeliveryState,
  type WebhookEndpoint,
  type WebhookEndpointChange,
  webhookDeliveryOf,
  webhookEndpointOf,
} from "./webhook.ts";

/** A new secret, which no other call shows. */
export interface RotatedSecret {
  readonly secret: string;
  /** Until when requests are signed with the former secret too. Left out: they are not. */
  readonly formerSecretExpireTime?: Date;
}

export interface RotateOptions extends CallOptions {
  /** A secret that you bring. Default: Millrace makes one. */
  readonly secret?: string;
  /** True: the former secret stops at once. Default: it signs for 24 h more. */
  readonly revokeFormer?: boolean;
}

export interface DeliveryFilter {
  /** Only deliveries to this endpoint. */
  readonly endpointId?: string;
  readonly state?: WebhookDeliveryState;
  /** How many deliveries one request fetches, up to 500. */
  readonly pageSize?: number;
}

/**
 * The webhook endpoints of the API key, and what is sent to them. Calls that would have a second effect (create, rotate,
 * test, redeliver) are not repeated: after UNAVAILABLE or DEADLINE_EXCEEDED they may have had their effect all the same.
 */
export interface Webhooks {
  /** Only this call and `rotate` return the secret. */
  create(
    endpoint: NewWebhookEndpoint,
    options?: CallOptions,
  ): Promise<{ readonly endpoint: WebhookEndpoint; readonly secret: string }>;
  get(endpointId: string, options?: CallOptions): Promise<WebhookEndpoint>;
  /** All endpoints, oldest first. */
  list(options?: CallOptions): Promise<readonly WebhookEndpoint[]>;
  update(
    endpointId: string,
    change: WebhookEndpointChange,
    options?: CallOptions,
  ): Promise<WebhookEndpoint>;
  delete(endpointId: string, options?: CallOptions): Promise<void>;
  /** Gives the endpoint a new secret. */
  rotate(endpointId: string, options?: RotateOptions): Promise<RotatedSecret>;
  /** Sends an event of type "webhook.test". `delivery` tells later what the receiver answered. */
  test(endpointId: string, options?: CallOptions): Promise<WebhookDelivery>;
  /** The secret that signs the callbacks of jobs and groups. */
  callbackSecret(options?: CallOptions): Promise<string>;
  rotateCallbackSecret(options?: RotateOptions): Promise<RotatedSecret>;
  /** Yields deliveries, newest first, fetched page by page, without bodies. */
  deliveries(filter?: DeliveryFilter, options?: CallOptions): AsyncIterable<WebhookDelivery>;
  delivery(deliveryId: string, options?: CallOptions): Promise<WebhookDelivery>;
  /** Sends the event of a delivery that is over again. Returns the new delivery. */
  redeliver(deliveryId: string, options?: CallOptions): Promise<WebhookDelivery>;
  /** Sends all events again whose deliveries were recorded since a time and FAILED. Returns the new deliveries. */
  redeliverFailed(
    endpointId: string,
    since: Date,
    options?: CallOptions,
  ): Promise<readonly WebhookDelivery[]>;
}

export function webhookCalls(connection: Connection): Webhooks {
  const { method } = WebhookService;
  const ask = asking(connection);
  const once = askingOnce(connection);
  const endpointOf = (endpoint: Parameters<typeof webhookEndpointOf>[0] | undefined) =>
    webhookEndpointOf(required(endpoint));
  return {
    async create({ eventTypes = [], queues = [], ...fields }, call = {}) {
      const request = { ...fields, eventTypes: [...eventTypes], queues: [...queues] };
      const answer = await once(method.createWebhookEndpoint, request, call);
      return { endpoint: endpointOf(answer.endpoint), secret: answer.secret };
    },
    get: async (endpointId, call = {}) =>
      endpointOf((await ask(method.getWebhookEndpoint, { endpointId }, call)).endpoint),
    list: async (call = {}) =>
      (await ask(method.listWebhookEndpoints, {}, call)).endpoints.map(webhookEndpointOf),
    async update(endpointId, change, call = {}) {
      const request = changeMessage(endpointId, change);
      return endpointOf((await ask(method.updateWebhookEndpoint, request, call)).endpoint);
    },
    async delete(endpointId, call = {}) {
      await ask(method.deleteWebhookEndpoint, { endpointId }, call);
    },
    rotate: (endpointId, options = {}) => rotate(connection, endpointId, options),
    rotateCallbackSecret: (options = {}) => rotate(connection, "", options),
    callbackSecret: async (call = {}) => (await ask(method.getCallbackSecret, {}, call)).secret,
    async test(endpointId, call = {}) {
      const { delivery } = await once(method.sendTestEvent, { endpointId }, call);
      return webhookDeliveryOf(required(delivery));
    },
    ...deliveryCalls(connection),
  };
}

async function rotate(
  connection: Connection,
  endpointId: string,
  { secret = "", revokeFormer = false, ...call }: RotateOptions,
): Promise<RotatedSecret> {
  const request = { endpointId, secret, revokeFormer };
  const { rotateWebhookSecret } = WebhookService.method;
  const answer = await askingOnce(connection)(rotateWebhookSecret, request, call);
  const { formerSecretExpireTime: former } = answer;
  return {
    secret: answer.secret,
    ...(former === undefined ? {} : { formerSecretExpireTime: timestampDate(former) }),
  };
}

type DeliveryCalls = Pick<Webhooks, "deliveries" | "delivery" | "redeliver" | "redeliverFailed">;

function deliveryCalls(connection: Connection): DeliveryCalls {
  const { method } = WebhookService;
  const ask = asking(connection);
  const once = askingOnce(connection);
  return {
    async *deliveries({ endpointId = "", state, pageSize = 0 } = {}, call = {}) {
      const only = state === undefined ? {} : { state: StateMessage[state] };
      let pageToken = "";
      do {
        const request = { endpointId, ...only, pageSize, pageToken };
        const page = await ask(method.listWebhookDeliveries, request, call);
        for (const delivery of page.deliveries) yield webhookDeliveryOf(delivery);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
    },
    async delivery(deliveryId, call = {}) {
      const { delivery } = await ask(method.getWebhookDelivery, { deliveryId }, call);
      return webhookDeliveryOf(required(delivery));
    },
    async redeliver(deliveryId, call = {}) {
      const request = { what: { case: "deliveryId", value: deliveryId } } as const;
      const { deliveries } = await once(method.redeliverWebhooks, request, call);
      return webhookDeliveryOf(required(deliveries[0]));
    },
    async redeliverFailed(endpointId, since, call = {}) {
      const value = { endpointId, since: timestampFromDate(since) };
      const request = { what: { case: "failed", value } } as const;
      const all: WebhookDelivery[] = [];
      for (;;) {
        // A delivery that was sent again no longer counts as failed, so this may be repeated.
        const { deliveries, more } = await ask(method.redeliverWebhooks, request, call);
        all.push(...deliveries.map(webhookDeliveryOf));
        if (!more) return all;
      }
    },
  };
}
