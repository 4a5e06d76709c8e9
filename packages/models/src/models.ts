import { isDeepStrictEqual } from "node:util";
import {
  type Clock,
  type ModelProvider,
  type ModelRoute,
  type ModelSource,
  ProviderFault,
  parseDuration,
} from "@millrace/shared";
import type { Account, Accounts } from "./accounts/account.ts";
import { anthropicProvider } from "./anthropic.ts";
import type { Quote } from "./extractive/quote.ts";
import { extractiveProvider } from "./extractive.ts";
import type { TraceHttp } from "./heard-fetch.ts";
import type { Lesson } from "./openai/quirks.ts";
import { openAiProvider } from "./openai.ts";

export interface ModelsOptions {
  /** Some providers name a point in time until which to wait, so this needs the system's clock. */
  readonly clock: Clock;
  /** Returns the API key of an account, for each call; empty if it has none. */
  readonly secretOf: (account: string) => string;
  /** Chooses sentences for accounts of the kind extractive. */
  readonly quote: Quote;
  /** Called when an answer of a server has shown a quirk, or that the server does not have it. */
  readonly onLesson?: (lesson: Lesson & CalledModel) => void;
  /** Called when a server has shown how large a model's context is. */
  readonly onContext?: (context: CalledModel & { readonly contextTokens: number }) => void;
  /** Traces the HTTP requests. */
  readonly traceHttp?: TraceHttp;
}

/** A model of an account. */
export interface CalledModel {
  readonly account: string;
  readonly model: string;
}

/** The models of several accounts. */
export interface Models extends ModelSource {
  /** The names of all accounts, in their order. */
  readonly accounts: readonly string[];
  /**
   * Replaces all accounts. Calls that have begun end as they are. What was learned of servers is kept for accounts that did not
   * change.
   */
  replace(accounts: Accounts): void;
}

/** One account, with its models as far as they have been called. */
interface Opened {
  readonly account: Account;
  readonly providers: Map<string, ModelProvider>;
}

const unusable = (message: string): ProviderFault =>
  new ProviderFault(message, {
    ...{ reason: "ACCOUNT_NOT_SERVED", retryable: true, httpStatus: 0 },
    ...{ quotaExhausted: false, rateLimitHeaders: {} },
  });

/** Opens the models of accounts. It makes no call. */
export function openModels(accounts: Accounts, options: ModelsOptions): Models {
  let opened = new Map<string, Opened>();
  let byDefault: string | undefined;

  const replace = (next: Accounts) => {
    opened = new Map(
      next.accounts.map((account) => {
        const before = opened.get(account.name);
        const isSame = before !== undefined && isDeepStrictEqual(before.account, account);
        return [account.name, isSame ? before : { account, providers: new Map() }];
      }),
    );
    byDefault = next.default;
  };
  replace(accounts);

  return {
    get accounts() {
      return [...opened.keys()];
    },
    replace,
    provider({ account: wanted, model }: ModelRoute): ModelProvider {
      const name = wanted || byDefault;
      if (name === undefined) {
        throw unusable(
          "The job names neither a model nor a pool, and this worker has no account for such jobs: name one, or set `default` in the worker's accounts file.",
        );
      }
      const found = opened.get(name);
      if (found === undefined) {
        throw unusable(`This worker has no provider account ${JSON.stringify(name)}.`);
      }
      return providerOf(found, model, options);
    },
  };
}

/** Models come from the catalogue and the accounts file, so there are few. */
function providerOf({ account, providers }: Opened, wanted: string, options: ModelsOptions) {
  const model = account.kind === "extractive" ? "" : wanted || account.model;
  if (model === undefined) {
    throw unusable(
      `The job names the provider account "${account.name}" as its pool, and no model, and the account has none of its own: name a model, or set \`model\` of the account in the worker's accounts file.`,
    );
  }
  const known = providers.get(model);
  if (known !== undefined) return known;
  const provider = openProvider(account, model, options);
  providers.set(model, provider);
  return provider;
}

function openProvider(account: Account, model: string, options: ModelsOptions): ModelProvider {
  const { name } = account;
  const { clock, secretOf, onLesson, onContext, traceHttp } = options;
  if (account.kind === "extractive") {
    return extractiveProvider(options.quote, { account: name, clock });
  }
  const called = { account: name, model };
  const shared = {
    ...{ ...called, clock, headers: account.headers, traceHttp, baseUrl: account.base_url },
    apiKey: () => secretOf(name),
    silenceMs: parseDuration(account.silence) ?? 0,
    callMs: parseDuration(account.call) ?? 0,
    onContext: (contextTokens: number) => onContext?.({ ...called, contextTokens }),
  };
  if (account.kind === "anthropic") {
    const own = { ...account, ...account.models?.find((one) => one.name === model) };
    return anthropicProvider({ ...shared, ...thoughtOf(own) });
  }
  const own = { ...account, ...account.models?.find((one) => one.name === model) };
  return openAiProvider({
    ...{ ...shared, ...thoughtOf(own) },
    quirks: own.quirks ?? [],
    maxOutputTokens: own.max_output_tokens,
    onLesson: (lesson) => onLesson?.({ ...lesson, ...called }),
  });
}

interface Thought {
  readonly context_tokens?: number | undefined;
  readonly reasoning_tokens?: number | undefined;
  readonly reasoning_effort?: string | undefined;
}

const thoughtOf = (own: Thought) => ({
  contextTokens: own.context_tokens,
  reasoningTokens: own.reasoning_tokens,
  effort: own.reasoning_effort,
});
