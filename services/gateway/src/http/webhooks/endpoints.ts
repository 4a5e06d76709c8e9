import { create } from "@bufbuild/protobuf";
import { WebhookEndpointSchema } from "@millrace/proto/webhook-endpoint";
import {
  CreateWebhookEndpointRequestSchema,
  CreateWebhookEndpointResponseSchema,
  DeleteWebhookEndpointRequestSchema,
  GetWebhookEndpointRequestSchema,
  ListWebhookEndpointsRequestSchema,
  UpdateWebhookEndpointRequestSchema,
  WebhookService,
} from "@millrace/proto/webhook-service";
import { assertValid, type HttpRoute } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { webhookHandlers } from "../../handlers/webhooks/webhook-handlers.ts";
import { messageJson } from "../../messages/webhook-json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { readQuery } from "../read-query.ts";
import { readMessage } from "./read-message.ts";

const { method: rpc } = WebhookService;
const all = "/v1/webhook-endpoints";
const one = "/v1/webhook-endpoints/{id}";

/** /v1/webhook-endpoints: create, list, read, change and delete the endpoints of the caller. */
export function endpointRoutes(parts: GatewayParts): HttpRoute<Caller>[] {
  const handlers = webhookHandlers(parts);
  return [
    {
      ...{ method: "POST", path: all, rpc: rpc.createWebhookEndpoint },
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
