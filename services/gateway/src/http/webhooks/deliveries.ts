import { create } from "@bufbuild/protobuf";
import { WebhookDeliverySchema, WebhookDeliveryState } from "@millrace/proto/webhook-endpoint";
import {
  FailedDeliveriesSchema,
  GetWebhookDeliveryRequestSchema,
  ListWebhookDeliveriesRequestSchema,
  ListWebhookDeliveriesResponseSchema,
  RedeliverWebhooksRequestSchema,
  RedeliverWebhooksResponseSchema,
  SendTestEventRequestSchema,
  WebhookService,
} from "@millrace/proto/webhook-service";
import { assertValid, wholeNumber } from "@millrace/runtime";
import type { Reason } from "@millrace/shared";
import { z } from "zod";
import type { GatewayParts } from "../../gateway-parts.ts";
import { webhookHandlers } from "../../handlers/webhooks/webhook-handlers.ts";
import { deliveryJson } from "../../messages/webhook-json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { readQuery } from "../read-query.ts";
import { bodyReasons, type GatewayRoute, webhookReasons } from "../route-description.ts";
import { readMessage } from "./read-message.ts";

const { method: rpc } = WebhookService;

const states = ["PENDING", "DELIVERED", "FAILED", "CANCELLED"] as const;

/** Accepts `failed` as well as the name in proto3 JSON, `WEBHOOK_DELIVERY_STATE_FAILED`. */
const state = z
  .string()
  .transform((name) => name.toUpperCase().replace(/^WEBHOOK_DELIVERY_STATE_/, ""))
  .pipe(z.enum(states))
  .meta({ enum: states.map((name) => name.toLowerCase()) });

const parameters = {
  endpoint: z.string().default(""),
  state: state.optional(),
  pageSize: wholeNumber(0, 500).default(0),
  pageToken: z.string().default(""),
};

const redeliveryReasons: readonly Reason[] = [
  "DELIVERY_NOT_FOUND",
  "WEBHOOK_NOT_FOUND",
  "ILLEGAL_TRANSITION",
  "STORE_FULL",
];

/** /v1/webhook-deliveries: list, read and repeat deliveries, and send a test event. */
export function deliveryRoutes(parts: GatewayParts): GatewayRoute[] {
  const handlers = webhookHandlers(parts);
  return [
    {
      ...{ method: "GET", path: "/v1/webhook-deliveries", rpc: rpc.listWebhookDeliveries },
      described: {
        query: parameters,
        fields: { endpoint: "endpoint_id" },
        answers: {
          200: { about: "A page of deliveries.", message: ListWebhookDeliveriesResponseSchema },
        },
        reasons: [...webhookReasons, "WEBHOOK_NOT_FOUND"],
      },
      async handle({ query }, context) {
        const { endpoint: endpointId, state: name, ...page } = readQuery(query, parameters);
        const only = name === undefined ? {} : { state: WebhookDeliveryState[name] };
        const request = create(ListWebhookDeliveriesRequestSchema, {
          ...page,
          endpointId,
          ...only,
        });
        assertValid(ListWebhookDeliveriesRequestSchema, request);
        const reply = await handlers.listWebhookDeliveries(request, context);
        const { deliveries = [], nextPageToken = "" } = reply;
        const list = deliveries.map(deliveryJson).join(",");
        const next = JSON.stringify(nextPageToken);
        return jsonAnswer(200, `{"deliveries":[${list}],"nextPageToken":${next}}`);
      },
    },
    {
      ...{ method: "GET", path: "/v1/webhook-deliveries/{id}", rpc: rpc.getWebhookDelivery },
      described: {
        answers: { 200: { about: "The delivery.", message: WebhookDeliverySchema } },
        reasons: [...webhookReasons, "DELIVERY_NOT_FOUND"],
      },
      async handle({ params, query }, context) {
        readQuery(query, {});
        const request = create(GetWebhookDeliveryRequestSchema, { deliveryId: params.id ?? "" });
        assertValid(GetWebhookDeliveryRequestSchema, request);
        const { delivery } = await handlers.getWebhookDelivery(request, context);
        return jsonAnswer(200, deliveryJson(delivery));
      },
    },
    {
      ...{ method: "POST", path: "/v1/webhook-endpoints/{id}:test", rpc: rpc.sendTestEvent },
      described: {
        answers: {
          202: { about: "The delivery, which is stored.", message: WebhookDeliverySchema },
        },
        reasons: [...webhookReasons, "WEBHOOK_NOT_FOUND", "STORE_FULL"],
      },
      async handle({ params, query }, context) {
        readQuery(query, {});
        const request = create(SendTestEventRequestSchema, { endpointId: params.id ?? "" });
        assertValid(SendTestEventRequestSchema, request);
        const { delivery } = await handlers.sendTestEvent(request, context);
        return jsonAnswer(202, deliveryJson(delivery));
      },
    },
    ...redeliverRoutes(handlers),
  ];
}

/** Repeat one delivery, or all deliveries of an endpoint that failed since a time. */
const redeliverRoutes = ({
  redeliverWebhooks,
}: Pick<ReturnType<typeof webhookHandlers>, "redeliverWebhooks">): GatewayRoute[] => [
  {
    ...{ method: "POST", path: "/v1/webhook-deliveries/{id}:redeliver" },
    rpc: rpc.redeliverWebhooks,
    described: {
      operation: "redeliverWebhook",
      answers: { 202: { about: "The new delivery.", message: WebhookDeliverySchema } },
      reasons: [...webhookReasons, ...redeliveryReasons],
    },
    async handle({ params, query }, context) {
      readQuery(query, {});
      const what = { case: "deliveryId", value: params.id ?? "" } as const;
      const request = create(RedeliverWebhooksRequestSchema, { what });
      assertValid(RedeliverWebhooksRequestSchema, request);
      const { deliveries: [delivery] = [] } = await redeliverWebhooks(request, context);
      return jsonAnswer(202, deliveryJson(delivery));
    },
  },
  {
    ...{ method: "POST", path: "/v1/webhook-endpoints/{id}:redeliver" },
    rpc: rpc.redeliverWebhooks,
    described: {
      operation: "redeliverFailedWebhooks",
      request: FailedDeliveriesSchema,
      body: { message: FailedDeliveriesSchema, without: ["endpoint_id"] },
      answers: { 202: { about: "The new deliveries.", message: RedeliverWebhooksResponseSchema } },
      reasons: [...bodyReasons, ...webhookReasons, ...redeliveryReasons],
    },
    async handle(call, context) {
      readQuery(call.query, {});
      const endpointId = call.params.id ?? "";
      const value = await readMessage(FailedDeliveriesSchema, call, { endpointId });
      const request = create(RedeliverWebhooksRequestSchema, { what: { case: "failed", value } });
      const { deliveries = [], more = false } = await redeliverWebhooks(request, context);
      const list = deliveries.map(deliveryJson).join(",");
      return jsonAnswer(202, `{"deliveries":[${list}],"more":${more}}`);
    },
  },
];
