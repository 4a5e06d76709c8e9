import { type Clock, ValidText } from "@millrace/shared";
import {
  attributeNames,
  describeSpan,
  genAiOperations,
  inSpan,
  modelCallName,
  serverAttributes,
} from "@millrace/telemetry";
import { type AttemptContext, JobFailure } from "@millrace/worker-sdk";
import {
  type AnswerFacts,
  type Completion,
  type CompletionRequest,
  ContextFault,
  type FinishReason,
  type Provider,
  ProviderFault,
} from "../providers/provider.ts";
import { RefusedAccounts } from "../providers/refused-accounts.ts";
import { ContextExceeded } from "./context-exceeded.ts";
import { type CallOutcome, type ProviderMetrics, providerObserver } from "./provider-observer.ts";

/** A model's whole answer. */
export interface Answer {
  readonly text: string;
  readonly finishReason: FinishReason;
}

/** Reads a whole answer, and passes each piece of it to `piece`. Answer and pieces are valid Unicode. */
export type RunCompletion = (
  context: AttemptContext,
  request: Omit<CompletionRequest, "signal" | "keyId"> & { readonly signal?: AbortSignal },
  piece: (text: string) => Promise<void>,
) => Promise<Answer>;

export interface CompletionObserver {
  readonly metrics: ProviderMetrics;
  readonly clock: Clock;
  /** The accounts that the worker serves, whose calls are counted from 0. */
  readonly accounts?: readonly string[];
}

/** Whether the provider refused the call for load or for quota, so that the account must cool down. */
const isRefusal = (error: unknown): error is ProviderFault =>
  error instanceof ProviderFault &&
  ([429, 503, 529].includes(error.details.httpStatus) || error.details.quotaExhausted);

/** Returns one of a few values, as a metric's label must be. */
function outcomeOf(error: unknown, signal: AbortSignal): CallOutcome {
  if (!(error instanceof ProviderFault)) return signal.aborted ? "stopped" : "failed";
  const { httpStatus, quotaExhausted } = error.details;
  if (quotaExhausted) return "quota_exhausted";
  if (isRefusal(error)) return String(httpStatus) as "429" | "503" | "529";
  if (httpStatus === 0) return "unanswered";
  if (httpStatus === 200) return "no_answer";
  return httpStatus >= 500 ? "server_error" : "refused";
}

async function readAll(completion: Completion, piece: (text: string) => Promise<void>) {
  const valid = new ValidText();
  let text = "";
  const pass = async (part: string) => {
    if (part === "") return;
    text += part;
    await piece(part);
  };
  for await (const part of completion.text) await pass(valid.push(part));
  await pass(valid.end());
  return { text, finishReason: completion.finishReason() };
}

/** Turns a provider's fault into a JobFailure that reports the provider's state to the scheduler. */
function jobFailureOf(error: unknown, { pool }: AttemptContext, called: boolean): unknown {
  if (!(error instanceof ProviderFault)) return error;
  if (error instanceof ContextFault) return new ContextExceeded(error, called ? pool : undefined);
  const { reason, retryable, retryAfterMs, ...answered } = error.details;
  return new JobFailure(reason, error.message, retryable, {
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    provider: { account: pool, ...answered },
  });
}

/**
 * The failure of a call that is not made because its account refused another one: the job waits for its account, and
 * spends no attempt.
 */
const refusedBefore = (account: string, retryAfterMs: number): JobFailure =>
  new JobFailure("PROVIDER_ERROR", "The model provider has just refused another call.", true, {
    retryAfterMs,
    provider: { account, httpStatus: 429, quotaExhausted: false },
  });

const factAttributes = (facts: AnswerFacts) => ({
  ...(facts.model === undefined ? {} : { [attributeNames.responseModel]: facts.model }),
  ...(facts.id === undefined ? {} : { [attributeNames.responseId]: facts.id }),
  ...(facts.firstChunkMs === undefined
    ? {}
    : { [attributeNames.firstChunk]: facts.firstChunkMs / 1_000 }),
  ...(facts.cachedTokens === undefined
    ? {}
    : { [attributeNames.cachedTokens]: facts.cachedTokens }),
  ...(facts.reasoningTokens === undefined
    ? {}
    : { [attributeNames.reasoningTokens]: facts.reasoningTokens }),
});

/**
 * Calls a provider. Each call has a span and is timed, and its usage is added to the attempt, also if the call fails. After
 * an account has refused a call, attempts that run already make no further call until the account's wait is over.
 */
export function completionRunner(
  provider: Provider,
  { metrics, clock, accounts = [] }: CompletionObserver,
): RunCompletion {
  const { name, model, url } = provider;
  const begin = providerObserver(metrics, { provider: name, model }, clock, accounts);
  const described = {
    [attributeNames.operation]: genAiOperations.chat,
    [attributeNames.provider]: name,
    [attributeNames.model]: model,
    [attributeNames.stream]: true,
    ...(url === undefined ? {} : serverAttributes(url)),
  };
  const refused = new RefusedAccounts(clock);

  return async (context, request, piece) => {
    const { pool, startedMs, keyId } = context;
    const waitMs = refused.waitMs(pool, startedMs);
    if (waitMs > 0) throw refusedBefore(pool, waitMs);
    const signal = request.signal ?? context.signal;
    const completion = provider.complete({ ...request, signal, keyId });
    const call = async () => {
      const observed = begin(pool);
      let outcome: CallOutcome = "answered";
      try {
        const answer = await readAll(completion, async (part) => {
          observed.piece();
          await piece(part);
        });
        describeSpan({ [attributeNames.finishReasons]: [answer.finishReason] });
        return answer;
      } catch (error) {
        outcome = outcomeOf(error, signal);
        if (isRefusal(error)) refused.refused(pool, error.details.retryAfterMs);
        throw jobFailureOf(error, context, completion.usage().providerCalls > 0);
      } finally {
        const usage = completion.usage();
        observed.ended(outcome, usage);
        context.addUsage(usage);
        describeSpan({
          [attributeNames.providerOutcome]: outcome,
          [attributeNames.inputTokens]: usage.inputTokens,
          [attributeNames.outputTokens]: usage.outputTokens,
          ...factAttributes(completion.facts()),
        });
      }
    };
    const attributes = { ...described, [attributeNames.maxTokens]: request.maxTokens };
    return inSpan(modelCallName(model), { kind: "client", attributes, signal }, call);
  };
}
