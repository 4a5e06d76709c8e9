import { WebhookService } from "@millrace/proto/webhook-service";
import { webhookEventTypes } from "@millrace/shared";
import { jsonAnswer } from "../../http/json-answer.ts";
import type { OpenAiRoute } from "./route-parts.ts";

/** GET /v1/webhook_event_types: what endpoints may name. */
export const webhookEventTypesRoute = (): OpenAiRoute => ({
  ...{ method: "GET", path: "/v1/webhook_event_types" },
  rpc: WebhookService.method.listWebhookEndpoints,
  handle: async () => {
    const data = webhookEventTypes.filter((type) => !type.endsWith("*"));
    return jsonAnswer(200, JSON.stringify({ object: "list", data }));
  },
});
