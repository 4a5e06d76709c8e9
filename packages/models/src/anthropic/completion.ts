import type Anthropic from "@anthropic-ai/sdk";
import {
  type Clock,
  type CompletionRequest,
  type FinishReason,
  ProviderFault,
} from "@millrace/shared";
import type { AnswerLength, LengthLimit } from "../answer-length.ts";
import { faultOf, noAnswer } from "../call-fault.ts";
import type { ContextLimit } from "../context-limit.ts";
import { heardFetch, type TraceHttp } from "../heard-fetch.ts";
import { Patience, type PatienceLimits } from "../patience.ts";
import { nothingSpent } from "../usage.ts";
import { judge, readAnswer } from "./read-answer.ts";
import { refusalOf } from "./refusal.ts";
import { asksForThought, requestBody } from "./request-body.ts";

/** What all calls of a model share. */
export interface AnthropicShared {
  readonly client: Anthropic;
  readonly model: string;
  readonly patience: PatienceLimits;
  readonly apiKey: () => string;
  readonly clock: Clock;
  readonly effort: string | undefined;
  readonly length: AnswerLength;
  readonly context: ContextLimit;
  readonly traceHttp: TraceHttp | undefined;
  /** Whether the model takes a budget for its thoughts. Newer models decide themselves, and refuse it. */
  thinks: boolean;
}

/** One completion. It makes another call only as docs/providers.md says. */
export class AnthropicCompletion {
  readonly spent = nothingSpent();
  finishReason: FinishReason = "stop";
  readonly #shared: AnthropicShared;
  readonly #request: CompletionRequest;
  #begun = false;

  constructor(shared: AnthropicShared, request: CompletionRequest) {
    this.#shared = shared;
    this.#request = request;
  }

  async *answer(): AsyncGenerator<string, void> {
    const { signal } = this.#request;
    const { clock, apiKey, patience: limits } = this.#shared;
    signal.throwIfAborted();
    const patience = new Patience(clock, limits);
    try {
      yield* this.#say(patience);
    } catch (error) {
      signal.throwIfAborted();
      patience.signal.throwIfAborted();
      const nowMs = clock.nowMs();
      const refusal = refusalOf(error, nowMs);
      throw faultOf(error, { nowMs, apiKey: apiKey(), begun: this.#begun, refusal });
    } finally {
      patience.over();
    }
  }

  async *#say(patience: Patience): AsyncGenerator<string, void> {
    const { length } = this.#shared;
    const first = length.limit(this.#request);
    if (yield* this.#sayWithin(first, patience)) return;
    const raised = length.limit(this.#request, first);
    if (yield* this.#sayWithin(raised, patience)) return;
    const message = `The model spent all of its ${raised.limitTokens} tokens on thought and wrote no text: set reasoningTokens above ${raised.reserveTokens}.`;
    throw noAnswer("ANSWER_ONLY_THOUGHT", message);
  }

  /** Makes a call. Returns whether its answer has text: it may have reached the limit before. */
  async *#sayWithin(limit: LengthLimit, patience: Patience): AsyncGenerator<string, boolean> {
    const { messages, signal } = this.#request;
    const either = AbortSignal.any([signal, patience.signal]);
    const events = await this.#send(limit, patience, either);
    const ending = yield* readAnswer(events, messages, this.spent);
    // When the signal aborts, the SDK ends its stream without an error.
    either.throwIfAborted();
    const verdict = judge(ending);
    if (verdict instanceof ProviderFault) throw verdict;
    if (ending.thought) this.#shared.length.thought();
    this.finishReason = verdict;
    return ending.said;
  }

  /** Sends the request, again and differently if the server does not take it. */
  async #send(limit: LengthLimit, patience: Patience, signal: AbortSignal) {
    const { context, client, clock, traceHttp, model, effort } = this.#shared;
    const { messages } = this.#request;
    let fitting = context.fit(this.#request, limit);
    for (;;) {
      const { thinks } = this.#shared;
      const body = requestBody({ model, messages, limit: fitting, effort, thinks });
      this.spent.providerCalls += 1;
      const sentMs = clock.nowMs();
      try {
        const fetch = heardFetch(() => patience.heard(), traceHttp);
        const events = await client.withOptions({ fetch }).messages.create(body, { signal });
        this.#begun = true;
        this.spent.facts = { firstChunkMs: clock.nowMs() - sentMs };
        return events;
      } catch (error) {
        signal.throwIfAborted();
        const refusal = refusalOf(error, clock.nowMs());
        if (refusal === undefined) throw error;
        const next = context.learnFrom(refusal, this.#request, fitting);
        const isAboutThought = refusal.status === 400 && /\bthinking\b/.test(refusal.message);
        if (next === undefined && !(thinks && asksForThought(fitting) && isAboutThought))
          throw error;
        if (next === undefined) this.#shared.thinks = false;
        fitting = next ?? fitting;
      }
    }
  }
}
