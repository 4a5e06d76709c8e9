import { create } from "@bufbuild/protobuf";
import {
  CreateWebhookEndpointRequestSchema,
  DeleteWebhookEndpointRequestSchema,
  GetWebhookEndpointRequestSchema,
  ListWebhookEndpointsRequestSchema,
  RotateWebhookSecretRequestSchema,
  UpdateWebhookEndpointRequestSchema,
  WebhookService,
} from "@millrace/proto/webhook-service";
import { assertValid } from "@millrace/runtime";
import { webhookHandlers } from "../../handlers/webhooks/webhook-handlers.ts";
import { jsonAnswer } from "../../http/json-answer.ts";
import { assertJson } from "../../http/read-json.ts";
import { readBody } from "../jobs/read-call.ts";
import type { Context } from "../jobs/run-job.ts";
import { pageOf, pageQueryOf } from "../lists/page.ts";
import { endpointObject } from "../webhooks/endpoint-object.ts";
import { assertEndpointId, endpointFields, newEndpointFields } from "../webhooks/read-endpoint.ts";
import type { OpenAiParts, OpenAiRoute } from "./route-parts.ts";

const { method: rpc } = WebhookService;
const all = "/v1/webhook_endpoints";
const one = `${all}/{id}`;

/** /v1/webhook_endpoints: the endpoints of Millrace, in OpenAI's form. */
export function storedWebhookEndpointRoutes({ parts }: OpenAiParts): OpenAiRoute[] {
  const handlers = webhookHandlers(parts);
  const found = async (id: string, context: Context) => {
    const request = create(GetWebhookEndpointRequestSchema, { endpointId: assertEndpointId(id) });
    const { endpoint } = await handlers.getWebhookEndpoint(request, context);
    return endpointObject(endpoint);
  };
  const answer = (object: object) => jsonAnswer(200, JSON.stringify(object));
  return [
    {
      ...{ method: "POST", path: all, rpc: rpc.createWebhookEndpoint },
      async handle({ headers, body }, context) {
        assertJson(headers.get("content-type"));
        const { eventTypes, ...fields } = newEndpointFields((await readBody(body)).body);
        const request = create(CreateWebhookEndpointRequestSchema, {
          ...{ ...fields, eventTypes: [...eventTypes] },
        });
        assertValid(CreateWebhookEndpointRequestSchema, request);
        const { endpoint, secret } = await handlers.createWebhookEndpoint(request, context);
        return answer({ ...endpointObject(endpoint), signing_secret: secret });
      },
    },
    {
      ...{ method: "GET", path: all, rpc: rpc.listWebhookEndpoints },
      async handle({ query }, context) {
        const request = create(ListWebhookEndpointsRequestSchema);
        const { endpoints = [] } = await handlers.listWebhookEndpoints(request, context);
        return answer(pageOf(endpoints.map(endpointObject), pageQueryOf(query)));
      },
    },
    {
      ...{ method: "GET", path: one, rpc: rpc.getWebhookEndpoint },
      handle: async ({ params: { id = "" } }, context) => answer(await found(id, context)),
    },
    {
      ...{ method: "POST", path: one, rpc: rpc.updateWebhookEndpoint },
      async handle({ params: { id = "" }, body }, context) {
        const { eventTypes, ...fields } = endpointFields(
          (await readBody(body, { optional: true })).body,
        );
        const request = create(UpdateWebhookEndpointRequestSchema, {
          ...{ ...fields, endpointId: assertEndpointId(id) },
          ...(eventTypes === undefined ? {} : { eventTypes: { types: [...eventTypes] } }),
        });
        assertValid(UpdateWebhookEndpointRequestSchema, request);
        const { endpoint } = await handlers.updateWebhookEndpoint(request, context);
        return answer(endpointObject(endpoint));
      },
    },
    {
      ...{ method: "DELETE", path: one, rpc: rpc.deleteWebhookEndpoint },
      async handle({ params: { id = "" } }, context) {
        const endpointId = assertEndpointId(id);
        const request = create(DeleteWebhookEndpointRequestSchema, { endpointId });
        await handlers.deleteWebhookEndpoint(request, context);
        return answer({ id, object: "webhook_endpoint.deleted", deleted: true });
      },
    },
    {
      ...{ method: "POST", path: `${one}/rotate_secret`, rpc: rpc.rotateWebhookSecret },
      async handle({ params: { id = "" }, body }, context) {
        const endpointId = assertEndpointId(id);
        const { keep_old_secret_active_for_24_hours: keep } = (
          await readBody(body, { optional: true })
        ).body;
        const request = create(RotateWebhookSecretRequestSchema, {
          ...{ endpointId, revokeFormer: keep !== true },
        });
        const { secret } = await handlers.rotateWebhookSecret(request, context);
        return answer({ ...(await found(id, context)), signing_secret: secret });
      },
    },
  ];
}
