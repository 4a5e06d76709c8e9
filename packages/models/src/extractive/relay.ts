import { createHash } from "node:crypto";
import type { Clock, Relay, RelayedCall, RelayRequest, TokenUsage } from "@millrace/shared";
import { assemblyOf } from "../openai/assembly.ts";
import type { Json } from "../openai/client.ts";
import { answerWriter } from "./answer-events.ts";
import { type Quote, type QuoteSource, sourceOf } from "./quote.ts";
import { type QuotedRequest, quotedRequest } from "./quoted-request.ts";

/** What each answer begins with: callers of OpenAI's API expect that a model has written it. */
const QUOTED = "[Quoted by Millrace's built-in provider, which is no language model]";
const NOTHING = "[Millrace's built-in provider is no language model, and found nothing to quote]";

const MS = 1_000;
const ID_CHARS = 24;

export interface QuotedRelayParts {
  readonly quote: Quote;
  readonly clock: Clock;
  readonly model: string;
}

type StreamedCall = Exclude<RelayedCall, "embeddings">;

/** Answers a request of OpenAI's API with quotes from its text, and says so. */
export class QuotedRelay implements Relay {
  readonly events: AsyncIterable<Json>;
  readonly #parts: QuotedRelayParts;
  readonly #call: StreamedCall;
  #tokens = { inputTokens: 0, outputTokens: 0 };
  #computeMs = 0;
  #result: Json | undefined;

  constructor(parts: QuotedRelayParts, call: StreamedCall, request: RelayRequest) {
    this.#parts = parts;
    this.#call = call;
    this.events = this.#answer(request);
  }

  result(): Json {
    if (this.#result === undefined) throw new Error("the answer has not been read to its end");
    return this.#result;
  }

  usage(): TokenUsage {
    const { model } = this.#parts;
    return { ...this.#tokens, providerCalls: 0, computeMs: this.#computeMs, model };
  }

  facts() {
    return {};
  }

  async *#answer(request: RelayRequest): AsyncGenerator<Json, void> {
    const assembly = assemblyOf(this.#call, false);
    for await (const event of this.#events(quotedRequest(request), request)) {
      request.signal.throwIfAborted();
      assembly.add(event);
      yield event;
    }
    this.#result = assembly.end();
  }

  async *#events(quoted: QuotedRequest, options: RelayRequest): AsyncGenerator<Json, void> {
    const { clock, model } = this.#parts;
    const createdS = Math.floor(clock.nowMs() / MS);
    const source = { ...sourceOf(quoted.messages), maxTokens: quoted.maxTokens };
    const id = idOf(source, createdS);
    const writer = answerWriter(this.#call, { id, createdS, model });
    yield* writer.begin();
    const sentences = await this.#sentences(source, options);
    const pieces = [sentences.length === 0 ? NOTHING : QUOTED, ...sentences];
    const spaced = pieces.map((text, index) => (index === 0 ? text : ` ${text}`));
    for (const piece of spaced) yield* writer.piece(piece);
    yield* writer.end(spaced.join(""), this.#tokens);
  }

  async #sentences(source: QuoteSource, { signal, keyId }: RelayRequest) {
    const onSpent = (cpuMs: number) => {
      this.#computeMs = cpuMs;
    };
    const { quote } = this.#parts;
    const { sentences, ...tokens } = await quote(source, { signal, keyId, onSpent });
    this.#tokens = tokens;
    return sentences;
  }
}

const idOf = (source: QuoteSource, createdS: number): string =>
  createHash("sha256")
    .update(JSON.stringify([source, createdS]))
    .digest("hex")
    .slice(0, ID_CHARS);
