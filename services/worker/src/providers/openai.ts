import type { Clock } from "@millrace/shared";
import OpenAI from "openai";
import { answerPart } from "./openai/answer-part.ts";
import { faultOf, noAnswer } from "./openai/call-fault.ts";
import { judge } from "./openai/ending.ts";
import { Patience, type PatienceLimits } from "./openai/patience.ts";
import { uniformFetch } from "./openai/uniform-fetch.ts";
import { VisibleText } from "./openai/visible-text.ts";
import {
  type CompletionRequest,
  type FinishReason,
  type Provider,
  ProviderFault,
} from "./provider.ts";

export interface OpenAiProviderOptions extends PatienceLimits {
  readonly baseUrl: string;
  /** Called for each call, because the key may be rotated. */
  readonly apiKey: () => string;
  readonly model: string;
  readonly clock: Clock;
}

/** Estimates tokens until the provider reports its own count: a token is about four bytes of English. */
const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** What a completion has spent so far, and how it ended. */
interface Tally {
  inputTokens: number;
  outputTokens: number;
  providerCalls: number;
  finishReason: FinishReason;
}

type Client = ReturnType<typeof clientOf>;

function clientOf(options: OpenAiProviderOptions) {
  const client = new OpenAI({
    baseURL: options.baseUrl,
    apiKey: async () => options.apiKey(),
    // Only the scheduler decides whether and when to retry.
    maxRetries: 0,
    // Longer than our own time-out, which then applies first.
    timeout: options.silenceMs * 2,
  });
  return {
    open: ({ messages, maxTokens }: CompletionRequest, patience: Patience, signal: AbortSignal) =>
      client.withOptions({ fetch: uniformFetch(() => patience.heard()) }).chat.completions.create(
        {
          model: options.model,
          messages: messages.map((message) => ({ ...message })),
          max_completion_tokens: maxTokens,
          stream: true,
          stream_options: { include_usage: true },
        },
        { signal },
      ),
  };
}

/** Makes one call. Yields the text of its answer, and returns what is known of the answer at its end. */
async function* callOnce(
  client: Client,
  request: CompletionRequest,
  patience: Patience,
  tally: Tally,
  begun: () => void,
) {
  const either = AbortSignal.any([request.signal, patience.signal]);
  const visible = new VisibleText();
  let finish: string | undefined;
  let refusal = "";
  let thought = false;
  let callsTool = false;
  tally.providerCalls += 1;
  const stream = await client.open(request, patience, either);
  begun();
  const before = { ...tally };
  const asked = request.messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
  tally.inputTokens = before.inputTokens + asked;
  for await (const chunk of stream) {
    const part = answerPart(chunk);
    finish = part.finish ?? finish;
    refusal += part.refusal;
    thought ||= part.thought !== "";
    callsTool ||= part.callsTool;
    const written = part.text + part.thought;
    if (written !== "") tally.outputTokens += estimateTokens(written);
    const text = visible.push(part.text);
    if (text !== "") yield text;
    // The provider charges what it counted itself, so its count replaces the estimate.
    if (part.usage) {
      tally.inputTokens = before.inputTokens + part.usage.prompt_tokens;
      tally.outputTokens = before.outputTokens + part.usage.completion_tokens;
    }
  }
  // When the signal aborts, the SDK ends its stream without an error.
  either.throwIfAborted();
  const rest = visible.end(finish === "length");
  if (rest !== "") yield rest;
  return { finish, refusal, callsTool, said: visible.said, thought: thought || visible.thought };
}

/** Streams chat completions from any server that speaks OpenAI's protocol. It retries no call itself. */
export function openAiProvider(options: OpenAiProviderOptions): Provider {
  const client = clientOf(options);
  return {
    name: "openai",
    model: options.model,
    complete(request) {
      const { maxTokens, signal } = request;
      const tally: Tally = {
        ...{ inputTokens: 0, outputTokens: 0, providerCalls: 0, finishReason: "stop" },
      };
      async function* answer() {
        signal.throwIfAborted();
        const patience = new Patience(options.clock, options);
        let begun = false;
        try {
          const ending = yield* callOnce(client, request, patience, tally, () => {
            begun = true;
          });
          const verdict = judge(ending);
          if (verdict instanceof ProviderFault) throw verdict;
          if (!ending.said) {
            const message = `The model used up ${maxTokens} tokens before it wrote any text: raise maxTokens.`;
            throw noAnswer("ANSWER_ONLY_THOUGHT", message);
          }
          tally.finishReason = verdict;
        } catch (error) {
          signal.throwIfAborted();
          patience.signal.throwIfAborted();
          const nowMs = options.clock.nowMs();
          throw faultOf(error, { nowMs, apiKey: options.apiKey(), begun });
        } finally {
          patience.over();
        }
      }
      return {
        text: answer(),
        usage: () => usageOf(tally),
        finishReason: () => tally.finishReason,
      };
    },
  };
}

const usageOf = ({ inputTokens, outputTokens, providerCalls }: Tally) => ({
  ...{ inputTokens, outputTokens, providerCalls },
});
