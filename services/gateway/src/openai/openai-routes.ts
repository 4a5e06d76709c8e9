import { batchRoutes } from "./routes/batches.ts";
import { chatCompletionsRoute } from "./routes/chat-completions.ts";
import { createFileRoute } from "./routes/create-file.ts";
import { createResponseRoute } from "./routes/create-response.ts";
import { embeddingsRoute } from "./routes/embeddings.ts";
import { modelRoutes } from "./routes/models.ts";
import type { OpenAiParts, OpenAiRoute } from "./routes/route-parts.ts";
import { storedFileRoutes } from "./routes/stored-files.ts";
import {
  cancelResponseRoute,
  deleteResponseRoute,
  inputItemsRoute,
  retrieveResponseRoute,
} from "./routes/stored-responses.ts";
import { storedWebhookEndpointRoutes } from "./routes/stored-webhook-endpoints.ts";
import { testWebhookEndpointRoute } from "./routes/test-webhook-endpoint.ts";
import { webhookEventTypesRoute } from "./routes/webhook-event-types.ts";

/**
 * OpenAI's API on the jobs and documents of Millrace. Each call is served by the handlers of the contract, so keys, limits and
 * errors are those of all other calls.
 */
export const openAiRoutes = (parts: OpenAiParts): OpenAiRoute[] => [
  chatCompletionsRoute(parts),
  embeddingsRoute(parts),
  ...modelRoutes(parts),
  createResponseRoute(parts),
  retrieveResponseRoute(parts),
  cancelResponseRoute(parts),
  deleteResponseRoute(parts),
  inputItemsRoute(parts),
  createFileRoute(parts),
  ...storedFileRoutes(parts),
  ...storedWebhookEndpointRoutes(parts),
  testWebhookEndpointRoute(parts),
  webhookEventTypesRoute(),
  ...batchRoutes(parts),
];
