import { create } from "@bufbuild/protobuf";
import {
  GetCallbackSecretRequestSchema,
  GetCallbackSecretResponseSchema,
  RotateWebhookSecretRequestSchema,
  RotateWebhookSecretResponseSchema,
  WebhookService,
} from "@millrace/proto/webhook-service";
import type { GatewayParts } from "../../gateway-parts.ts";
import { webhookHandlers } from "../../handlers/webhooks/webhook-handlers.ts";
import { messageJson } from "../../messages/webhook-json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { readQuery } from "../read-query.ts";
import { bodyReasons, type GatewayRoute, webhookReasons } from "../route-description.ts";
import { readMessage } from "./read-message.ts";

const { method: rpc } = WebhookService;

/** The secrets that sign webhooks: rotate that of an endpoint, and read or rotate that of the caller's callbacks. */
export function secretRoutes(parts: GatewayParts): GatewayRoute[] {
  const { rotateWebhookSecret, getCallbackSecret } = webhookHandlers(parts);
  const rotation = (path: string, operation: string): GatewayRoute => ({
    ...{ method: "POST", path, rpc: rpc.rotateWebhookSecret },
    described: {
      operation,
      body: {
        message: RotateWebhookSecretRequestSchema,
        without: ["endpoint_id"],
        optional: true,
      },
      answers: {
        200: { about: "The new secret.", message: RotateWebhookSecretResponseSchema },
      },
      reasons: [...bodyReasons, ...webhookReasons, "WEBHOOK_NOT_FOUND"],
    },
    async handle(call, context) {
      readQuery(call.query, {});
      const endpointId = call.params.id ?? "";
      const request = await readMessage(RotateWebhookSecretRequestSchema, call, { endpointId });
      const reply = await rotateWebhookSecret(request, context);
      return jsonAnswer(200, messageJson(RotateWebhookSecretResponseSchema, reply));
    },
  });
  return [
    rotation("/v1/webhook-endpoints/{id}:rotate", "rotateWebhookSecret"),
    {
      ...{ method: "GET", path: "/v1/callback-secret", rpc: rpc.getCallbackSecret },
      described: {
        answers: { 200: { about: "The secret.", message: GetCallbackSecretResponseSchema } },
        reasons: [...webhookReasons],
      },
      async handle({ query }, context) {
        readQuery(query, {});
        const reply = await getCallbackSecret(create(GetCallbackSecretRequestSchema), context);
        return jsonAnswer(200, messageJson(GetCallbackSecretResponseSchema, reply));
      },
    },
    rotation("/v1/callback-secret:rotate", "rotateCallbackSecret"),
  ];
}
