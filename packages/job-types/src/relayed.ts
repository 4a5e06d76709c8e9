import { z } from "zod";

/** Fields that are not named here go to the provider as they are. */
const item = z.looseObject({});

/** The payload of a job of type `chat.completions`: the body of such a request. */
export const chatCompletionsPayload = z.looseObject({
  messages: z.array(item).min(1).describe("The conversation, as the provider takes it."),
});

/** The payload of a job of type `responses`: the body of such a request. */
export const responsesPayload = z.looseObject({
  input: z
    .union([z.string().min(1), z.array(item).min(1)])
    .optional()
    .describe(
      "What the model is to answer, as the provider takes it. A stored prompt may stand for it.",
    ),
});

/** The payload of a job of type `embeddings`: the body of such a request. */
export const embeddingsPayload = z.looseObject({
  input: z
    .union([
      z.string().min(1),
      z.array(z.string()).min(1),
      z.array(z.int()).min(1),
      z.array(z.array(z.int()).min(1)).min(1),
    ])
    .describe("A text or a list of texts, or their tokens."),
});

/** The payloads of the types whose request goes to the provider as its caller wrote it. */
export const relayedPayloads = {
  "chat.completions": chatCompletionsPayload,
  responses: responsesPayload,
  embeddings: embeddingsPayload,
} as const;
