import {
  ContextFault,
  type Relay,
  type RelayedCall,
  type RelayRequest,
  type TokenUsage,
} from "@millrace/shared";
import type { Refusal } from "../error-status.ts";
import { overflowOf } from "../overflow.ts";
import type { Patience } from "../patience.ts";
import { countedIn, nothingSpent, usageOf } from "../usage.ts";
import { assemblyOf, wholeAnswer } from "./assembly.ts";
import { type Answered, type Json, refusalOf } from "./client.ts";
import { Fallbacks } from "./fallbacks.ts";
import { patiently } from "./patiently.ts";
import type { Lesson } from "./quirks.ts";
import { fieldLesson } from "./refused-field.ts";
import { relayBody } from "./relay-body.ts";
import type { Shared } from "./shared.ts";

const paths: Readonly<Record<RelayedCall, string>> = {
  "chat.completions": "/chat/completions",
  responses: "/responses",
  embeddings: "/embeddings",
};

/** The quirks about fields that are Millrace's. What the caller wrote is never changed. */
const ownQuirks = new Set(["no-stream", "no-stream-options", "max-tokens"]);

/** Estimates tokens until the provider reports its own count: a token is about four bytes of English. */
const estimateTokens = (value: unknown): number =>
  Math.ceil(Buffer.byteLength(JSON.stringify(value)) / 4);

/** One relayed call. It makes another call only if the server does not understand how the answer is asked for. */
export class OpenAiRelay implements Relay {
  readonly events: AsyncIterable<Json>;
  readonly #shared: Shared;
  readonly #request: RelayRequest;
  readonly #fallbacks: Fallbacks;
  readonly #spent = nothingSpent();
  #result: Json | undefined;
  /** Whether the provider has begun its answer. */
  #begun = false;

  constructor(shared: Shared, request: RelayRequest) {
    this.#shared = shared;
    this.#request = request;
    const { onLesson = () => undefined } = shared.options;
    this.#fallbacks = new Fallbacks(shared.dialect, onLesson);
    this.events = this.#answer();
  }

  result(): Json {
    if (this.#result === undefined) throw new Error("the answer has not been read to its end");
    return this.#result;
  }

  usage(): TokenUsage {
    return usageOf(this.#spent, this.#shared.options.model);
  }

  facts() {
    return this.#spent.facts;
  }

  #answer(): AsyncGenerator<Json, void> {
    const reading = { signal: this.#request.signal, begun: () => this.#begun };
    return patiently(this.#shared.options, reading, (patience) => this.#read(patience));
  }

  async *#read(patience: Patience): AsyncGenerator<Json, void> {
    const { call, body, signal } = this.#request;
    const either = AbortSignal.any([signal, patience.signal]);
    const answered = await this.#send(patience, either);
    const { inputTokens } = this.#spent;
    this.#spent.inputTokens += estimateTokens(body);
    const count = (object: Json) => {
      this.#describe(object);
      const counted = countedIn(object.usage);
      if (counted === undefined) return;
      Object.assign(this.#spent, { ...counted, inputTokens: inputTokens + counted.inputTokens });
    };
    if (answered.kind === "whole") {
      const object = wholeAnswer(call, answered.text);
      count(object);
      this.#result = object;
      return;
    }
    const assembly = assemblyOf(call, this.#shared.dialect.has("no-finish-reason"));
    for await (const event of answered.events) {
      const { response } = event;
      const isResponse = typeof response === "object" && response !== null;
      count(isResponse ? (response as Json) : event);
      if (countedIn(event.usage) === undefined && !isResponse) this.#written(event);
      assembly.add(event);
      yield event;
    }
    // When the signal aborts, the SDK ends its stream without an error.
    either.throwIfAborted();
    this.#result = assembly.end();
  }

  /** Estimates what an event says, for a server that does not count, or breaks off before it does. */
  #written({ choices, delta }: Json): void {
    const pieces = Array.isArray(choices)
      ? choices.map((choice: { readonly delta?: unknown } | null) => choice?.delta)
      : [delta];
    for (const piece of pieces) {
      const texts = typeof piece === "string" ? [piece] : Object.values(piece ?? {});
      for (const text of texts) {
        if (typeof text === "string") this.#spent.outputTokens += Math.ceil(text.length / 4);
      }
    }
  }

  #describe({ id, model }: Json): void {
    this.#spent.facts = {
      ...this.#spent.facts,
      ...(typeof id === "string" && id !== "" ? { id } : {}),
      ...(typeof model === "string" && model !== "" ? { model } : {}),
    };
  }

  /** Sends the request, again and differently if the server does not take it. */
  async #send(patience: Patience, signal: AbortSignal): Promise<Answered> {
    const { dialect, client, options } = this.#shared;
    const { model, maxOutputTokens, clock } = options;
    const { call, body } = this.#request;
    for (;;) {
      const written = relayBody(dialect, { call, body, model, maxOutputTokens });
      this.#spent.providerCalls += 1;
      const sentMs = clock.nowMs();
      try {
        const heard = () => patience.heard();
        const begun = () => {
          this.#begun = true;
        };
        const answered = await client.send(paths[call], written, { signal, heard, begun });
        this.#spent.facts = { firstChunkMs: clock.nowMs() - sentMs };
        this.#fallbacks.taken();
        return answered;
      } catch (error) {
        signal.throwIfAborted();
        const refusal = refusalOf(error);
        if (refusal === undefined) throw error;
        this.#assertFits(refusal);
        if (!this.#fallbacks.learnFrom(refusal, ownLesson(refusal, written))) throw error;
      }
    }
  }

  /** Waiting does not help a request that is larger than the model's context, also if its refusal looks like one for load. */
  #assertFits(refusal: Refusal): void {
    const overflow = overflowOf(refusal);
    if (overflow === undefined) return;
    const { contextTokens } = overflow;
    const message = `The model provider refused the call: ${refusal.message}`;
    throw new ContextFault("CONTEXT_EXCEEDED", message, { contextTokens, messageTokens: 0 });
  }
}

function ownLesson(refusal: Refusal, written: Json): Lesson | undefined {
  const lesson = fieldLesson(refusal, written);
  return lesson !== undefined && ownQuirks.has(lesson.quirk) ? lesson : undefined;
}
