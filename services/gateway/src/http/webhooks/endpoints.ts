import { create } from "@bufbuild/protobuf";
import { WebhookEndpointSchema } from "@millrace/proto/webhook-endpoint";
import {
  CreateWebhookEndpointRequestSchema,
  CreateWebhookEndpointResponseSchema,
  DeleteWebhookEndpointRequestSchema,
  DeleteWebhookEndpointResponseSchema,
  GetWebhookEndpointRequestSchema,
  ListWebhookEndpointsRequestSchema,
  ListWebhookEndpointsResponseSchema,
  UpdateWebhookEndpointRequestSchema,
  WebhookService,
} from "@millrace/proto/webhook-service";
import { assertValid } from "@millrace/runtime";
import type { GatewayParts } from "../../gateway-parts.ts";
import { webhookHandlers } from "../../handlers/webhooks/webhook-handlers.ts";
import { messageJson } from "../../messages/webhook-json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { readQuery } from "../read-query.ts";
import { bodyReasons, type GatewayRoute, webhookReasons } from "../route-description.ts";
import { readMessage } from "./read-message.ts";

const { method: rpc } = WebhookService;
const all = "/v1/webhook-endpoints";
const one = "/v1/webhook-endpoints/{id}";

/** /v1/webhook-endpoints: create, list, read, change and delete the endpoints of the caller. */
export function endpointRoutes(parts: GatewayParts): GatewayRoute[] {
  const handlers = webhookHandlers(parts);
  return [
    {
      ...{ method: "POST", path: all, rpc: rpc.createWebhookEndpoint },
      described: {
        body: { message: CreateWebhookEndpointRequestSchema },
        answers: {
          201: {
            about: "The endpoint, and the secret that signs its requests.",
            message: CreateWebhookEndpointResponseSchema,
            headers: ["location"],
          },
        },
        reasons: [...bodyReasons, ...webhookReasons, "WEBHOOK_NAME_TAKEN", "TOO_MANY_WEBHOOKS"],
      },
      async handle(call, context) {
        readQuery(call.query, {});
        const request = await readMessage(CreateWebhookEndpointRequestSchema, call);
        const reply = create(
          CreateWebhookEndpointResponseSchema,
          await handlers.createWebhookEndpoint(request, context),
        );
        const body = messageJson(CreateWebhookEndpointResponseSchema, reply);
        return jsonAnswer(201, body, { location: `${all}/${reply.endpoint?.id}` });
      },
    },
    {
      ...{ method: "GET", path: all, rpc: rpc.listWebhookEndpoints },
      described: {
        answers: { 200: { about: "All endpoints.", message: ListWebhookEndpointsResponseSchema } },
        reasons: [...webhookReasons],
      },
      async handle({ query }, context) {
        readQuery(query, {});
        const request = create(ListWebhookEndpointsRequestSchema);
        const { endpoints = [] } = await handlers.listWebhookEndpoints(request, context);
        const list = endpoints.map((endpoint) => messageJson(WebhookEndpointSchema, endpoint));
        return jsonAnswer(200, `{"endpoints":[${list.join(",")}]}`);
      },
    },
    {
      ...{ method: "GET", path: one, rpc: rpc.getWebhookEndpoint },
      described: {
        answers: { 200: { about: "The endpoint.", message: WebhookEndpointSchema } },
        reasons: [...webhookReasons, "WEBHOOK_NOT_FOUND"],
      },
      async handle({ params, query }, context) {
        readQuery(query, {});
        const request = create(GetWebhookEndpointRequestSchema, { endpointId: params.id ?? "" });
        assertValid(GetWebhookEndpointRequestSchema, request);
        const { endpoint } = await handlers.getWebhookEndpoint(request, context);
        return jsonAnswer(200, messageJson(WebhookEndpointSchema, endpoint));
      },
    },
    {
      ...{ method: "PATCH", path: one, rpc: rpc.updateWebhookEndpoint },
      described: {
        body: {
          message: UpdateWebhookEndpointRequestSchema,
          without: ["endpoint_id"],
          optional: true,
        },
        answers: { 200: { about: "The endpoint.", message: WebhookEndpointSchema } },
        reasons: [
          ...bodyReasons,
          ...webhookReasons,
          "WEBHOOK_NOT_FOUND",
          "WEBHOOK_NAME_TAKEN",
          "CHANGED_MEANWHILE",
        ],
      },
      async handle(call, context) {
        readQuery(call.query, {});
        const endpointId = call.params.id ?? "";
        const request = await readMessage(UpdateWebhookEndpointRequestSchema, call, { endpointId });
        const { endpoint } = await handlers.updateWebhookEndpoint(request, context);
        return jsonAnswer(200, messageJson(WebhookEndpointSchema, endpoint));
      },
    },
    {
      ...{ method: "DELETE", path: one, rpc: rpc.deleteWebhookEndpoint },
      described: {
        answers: {
          200: { about: "An empty object.", message: DeleteWebhookEndpointResponseSchema },
        },
        reasons: [...webhookReasons, "WEBHOOK_NOT_FOUND"],
      },
      async handle({ params, query }, context) {
        readQuery(query, {});
        const request = create(DeleteWebhookEndpointRequestSchema, { endpointId: params.id ?? "" });
        assertValid(DeleteWebhookEndpointRequestSchema, request);
        await handlers.deleteWebhookEndpoint(request, context);
        return jsonAnswer(200, "{}");
      },
    },
  ];
}
