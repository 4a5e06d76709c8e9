import type { EmbeddingCall, EmbeddingRequest } from "@millrace/shared";
import { unanswered } from "../call-fault.ts";
import { OpenAiRelay } from "./relay.ts";
import type { Shared } from "./shared.ts";

interface Item {
  readonly index?: unknown;
  readonly embedding?: unknown;
}

const isEmbedding = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "number");

/** Makes embeddings of texts. */
export function openAiEmbeddings(shared: Shared, request: EmbeddingRequest): EmbeddingCall {
  const { input, dimensions, signal, keyId } = request;
  const relay = new OpenAiRelay(shared, {
    ...{ call: "embeddings", signal, keyId },
    body: {
      ...{ input, encoding_format: "float" },
      ...(dimensions === undefined ? {} : { dimensions }),
    },
  });
  return {
    usage: () => relay.usage(),
    facts: () => relay.facts(),
    async embeddings() {
      for await (const _ of relay.events);
      const items = relay.result().data as readonly Item[];
      const found = input.map((_, at) => {
        const item = items.find(({ index }) => index === at) ?? items[at];
        return item?.embedding;
      });
      if (found.every(isEmbedding)) return found;
      const message = "The model provider's answer has no embedding for each text.";
      throw unanswered("ANSWER_FAILED", message);
    },
  };
}
