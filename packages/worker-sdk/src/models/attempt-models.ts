import {
  type Clock,
  type ModelProvider,
  type ModelSource,
  ProviderFault,
  steadyClock,
  type TokenUsage,
  ValidText,
} from "@millrace/shared";
import { NonRetryableError } from "../job-failure.ts";
import { callFailure, isRefusal, outcomeOf, refusedBefore } from "./call-failure.ts";
import type {
  AttemptModels,
  BegunModelCall,
  BindModels,
  EndedModelCall,
  ModelAnswer,
  ModelAttempt,
  ModelCallObserver,
  ModelStream,
} from "./contract.ts";
import { handedOver } from "./handed-over.ts";
import { RefusedAccounts } from "./refused-accounts.ts";

export interface AttemptModelsOptions {
  /** A test may replace the clock. */
  readonly clock?: Clock;
  /** Called for each call that begins, to measure it. */
  readonly observe?: (call: BegunModelCall) => ModelCallObserver;
}

const unobserved: ModelCallObserver = {
  run: (call) => call(),
  ended: () => undefined,
};

/**
 * Calls the models of a source for the attempts of one worker: pass the returned function to `startWorker` as `models`. It counts
 * usage, and reports failures of providers, as AttemptModels says.
 */
export function attemptModels(source: ModelSource, options: AttemptModelsOptions = {}): BindModels {
  const { clock = steadyClock, observe = () => unobserved } = options;
  const parts: Parts = { source, clock, observe, refused: new RefusedAccounts(clock) };
  return (attempt) => new BoundModels(parts, attempt);
}

const none = async (): Promise<never> => {
  const message = "This worker has no models: start it with the option models.";
  throw new NonRetryableError("ACCOUNT_NOT_SERVED", message);
};
const refusing: AttemptModels = {
  ...{ complete: none, embed: none, relay: none },
  stream: () => streamOf(none),
};

/** `models` of workers that have none. */
export const noModels: BindModels = () => refusing;

interface Parts {
  readonly source: ModelSource;
  readonly clock: Clock;
  readonly observe: (call: BegunModelCall) => ModelCallObserver;
  readonly refused: RefusedAccounts;
}

/** A provider's call that may be made, whatever it returns. */
interface Made {
  usage(): TokenUsage;
  facts(): EndedModelCall["facts"];
  finishReason?(): EndedModelCall["finishReason"];
}

type Described = Pick<BegunModelCall, "operation" | "maxTokens">;

class BoundModels implements AttemptModels {
  readonly #parts: Parts;
  readonly #attempt: ModelAttempt;

  constructor(parts: Parts, attempt: ModelAttempt) {
    this.#parts = parts;
    this.#attempt = attempt;
  }

  readonly complete: AttemptModels["complete"] = ({ signal, ...request }, piece) => {
    const described = { operation: "chat" as const, maxTokens: request.maxTokens };
    return this.#call(signal, described, (provider, options) => {
      const call = provider.complete({ ...request, ...options });
      return {
        call,
        read: async (arrived) => {
          const text = await readText(call.text, arrived, piece);
          return { text, finishReason: call.finishReason(), model: provider.model };
        },
      };
    });
  };

  readonly stream: AttemptModels["stream"] = (request) =>
    streamOf((piece, signal) => {
      const either = request.signal === undefined ? [signal] : [signal, request.signal];
      return this.complete({ ...request, signal: AbortSignal.any(either) }, piece);
    });

  readonly embed: AttemptModels["embed"] = ({ signal, ...request }) => {
    const described = { operation: "embeddings" as const, maxTokens: undefined };
    return this.#call(signal, described, (provider, options) => {
      const call = provider.embed({ ...request, ...options });
      return {
        call,
        read: async () => ({ embeddings: await call.embeddings(), model: provider.model }),
      };
    });
  };

  readonly relay: AttemptModels["relay"] = ({ signal, ...request }, event) => {
    const described = { operation: request.call, maxTokens: undefined };
    return this.#call(signal, described, (provider, options) => {
      const call = provider.relay({ ...request, ...options });
      return {
        call,
        read: async (arrived) => {
          for await (const one of call.events) {
            arrived();
            await event?.(one);
          }
          return call.result();
        },
      };
    });
  };

  async #call<Result>(
    ownSignal: AbortSignal | undefined,
    described: Described,
    make: (
      provider: ModelProvider,
      options: { readonly signal: AbortSignal; readonly keyId: string },
    ) => { readonly call: Made; readonly read: (arrived: () => void) => Promise<Result> },
  ): Promise<Result> {
    const { keyId, pool, account, providerModel, startedMs } = this.#attempt;
    const { source, clock, observe, refused } = this.#parts;
    const signal =
      ownSignal === undefined
        ? this.#attempt.signal
        : AbortSignal.any([this.#attempt.signal, ownSignal]);
    const route = { account: account || pool, model: providerModel };
    const provider = uncalled(() => source.provider(route));
    const called = provider.account || route.account;
    const waitMs = refused.waitMs(called, startedMs);
    if (waitMs > 0) throw refusedBefore(called, waitMs);
    const { call, read } = uncalled(() => make(provider, { signal, keyId }));
    const { name, model, url } = provider;
    const observer = observe({ ...described, account: called, provider: name, model, url, signal });
    const startMs = clock.nowMs();
    let firstPieceMs: number | undefined;
    const arrived = () => {
      firstPieceMs ??= clock.nowMs() - startMs;
    };
    return observer.run(async () => {
      let outcome: EndedModelCall["outcome"] = "answered";
      try {
        return await read(arrived);
      } catch (error) {
        outcome = outcomeOf(error, signal);
        const fault = ProviderFault.of(error);
        if (fault !== undefined && isRefusal(fault)) {
          refused.refused(called, fault.details.retryAfterMs);
        }
        throw callFailure(error, call.usage().providerCalls > 0 ? called : undefined);
      } finally {
        const usage = call.usage();
        this.#attempt.addUsage(usage);
        observer.ended({
          ...{ outcome, durationMs: clock.nowMs() - startMs, firstPieceMs, usage },
          facts: call.facts(),
          finishReason: outcome === "answered" ? call.finishReason?.() : undefined,
        });
      }
    });
  }
}

/** Runs what comes before a call. Its faults are no provider's answers. */
function uncalled<Value>(run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    throw callFailure(error, undefined);
  }
}

/** Reads an answer, and passes on its pieces as valid Unicode. */
async function readText(
  pieces: AsyncIterable<string>,
  arrived: () => void,
  piece: ((text: string) => Promise<void> | void) | undefined,
): Promise<string> {
  const valid = new ValidText();
  let text = "";
  const pass = async (part: string) => {
    if (part === "") return;
    text += part;
    arrived();
    await piece?.(part);
  };
  for await (const part of pieces) await pass(valid.push(part));
  await pass(valid.end());
  return text;
}

function streamOf(
  complete: (piece: (text: string) => Promise<void>, signal: AbortSignal) => Promise<ModelAnswer>,
): ModelStream {
  let answer: ModelAnswer | undefined;
  return {
    [Symbol.asyncIterator]: () =>
      handedOver(complete, (whole) => {
        answer = whole;
      }),
    answer() {
      if (answer === undefined) throw new Error("the answer has not been read to its end");
      return answer;
    },
  };
}
