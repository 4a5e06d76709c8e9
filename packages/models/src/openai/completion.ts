import { type CompletionRequest, ProviderFault } from "@millrace/shared";
import type { LengthLimit } from "../answer-length.ts";
import { noAnswer } from "../call-fault.ts";
import type { Patience } from "../patience.ts";
import { nothingSpent } from "../usage.ts";
import { refusalOf } from "./client.ts";
import { judge } from "./ending.ts";
import { Fallbacks } from "./fallbacks.ts";
import { patiently } from "./patiently.ts";
import { readAnswer, type Tally } from "./read-answer.ts";
import { lessonOf } from "./refused-field.ts";
import { requestBody } from "./request-body.ts";
import type { Shared } from "./shared.ts";

/**
 * One completion. It makes another call only if the server does not understand the request or does not allow the length of its
 * answer, or if the model has spent its whole answer on thought.
 */
export class OpenAiCompletion {
  readonly tally: Tally = { ...nothingSpent(), finishReason: "stop" };
  readonly #shared: Shared;
  readonly #request: CompletionRequest;
  readonly #fallbacks: Fallbacks;
  /** Whether the provider has begun its answer. */
  #begun = false;

  constructor(shared: Shared, request: CompletionRequest) {
    this.#shared = shared;
    this.#request = request;
    const { onLesson = () => undefined } = shared.options;
    this.#fallbacks = new Fallbacks(shared.dialect, onLesson);
  }

  answer(): AsyncGenerator<string, void> {
    const reading = { signal: this.#request.signal, begun: () => this.#begun };
    return patiently(this.#shared.options, reading, (patience) => this.#say(patience));
  }

  async *#say(patience: Patience): AsyncGenerator<string, void> {
    const { length } = this.#shared;
    const first = length.limit(this.#request);
    if ((yield* this.#sayWithin(first, patience)).said) return;
    const raised = length.limit(this.#request, first);
    const second = yield* this.#sayWithin(raised, patience);
    if (second.said) return length.needed(raised, second.writtenTokens);
    const { limitTokens, reserveTokens } = raised;
    const message = `The model spent all of its ${limitTokens} tokens on thought and wrote no text: set reasoningTokens above ${reserveTokens}.`;
    throw noAnswer("ANSWER_ONLY_THOUGHT", message);
  }

  /** Makes a call. Its answer may have reached the limit before it said anything. */
  async *#sayWithin(limit: LengthLimit, patience: Patience) {
    const { dialect, length, context } = this.#shared;
    const { messages, signal } = this.#request;
    const either = AbortSignal.any([signal, patience.signal]);
    const { chunks, limitTokens } = await this.#send(limit, patience, either);
    const thoughtFirst = dialect.has("thought-first");
    const ending = yield* readAnswer(chunks, { messages, tally: this.tally, thoughtFirst });
    // When the signal aborts, the SDK ends its stream without an error.
    either.throwIfAborted();
    if (ending.readTokens !== undefined && !dialect.has("counts-less")) {
      context.compare(this.#request, ending.readTokens);
    }
    const endless = dialect.has("no-finish-reason") && ending.said;
    const verdict = judge(endless ? { ...ending, finish: ending.finish ?? "stop" } : ending);
    if (verdict instanceof ProviderFault) throw verdict;
    if (ending.thought || !ending.said) length.thought();
    this.#fallbacks.written(ending.writtenTokens, limitTokens);
    this.tally.finishReason = verdict;
    return ending;
  }

  /** Sends the request, again and differently if the server does not take it. */
  async #send(limit: LengthLimit, patience: Patience, signal: AbortSignal) {
    const { dialect, context, client, options } = this.#shared;
    const { model, effort } = options;
    const { messages } = this.#request;
    let fitting = context.fit(this.#request, limit);
    for (;;) {
      const { limitTokens } = fitting;
      const body = requestBody(dialect, { model, messages, limitTokens, effort });
      this.tally.providerCalls += 1;
      const sentMs = options.clock.nowMs();
      try {
        const heard = () => patience.heard();
        const begun = () => {
          this.#begun = true;
        };
        const chunks = await client.complete(body, { signal, heard, begun });
        this.tally.facts = { firstChunkMs: options.clock.nowMs() - sentMs };
        this.#fallbacks.taken();
        return { chunks, limitTokens };
      } catch (error) {
        signal.throwIfAborted();
        const refusal = refusalOf(error);
        if (refusal === undefined) throw error;
        const next = context.learnFrom(refusal, this.#request, fitting);
        if (next === undefined && !this.#fallbacks.learnFrom(refusal, lessonOf(refusal, body))) {
          throw error;
        }
        fitting = next ?? fitting;
      }
    }
  }
}
