import type { Quote } from "@millrace/models";
import { keepSecret, type Scope } from "@millrace/runtime";
import { type Clock, type ModelSource, systemClock } from "@millrace/shared";
import { type Logger, traceHttpCall } from "@millrace/telemetry";
import { secretSources, type WorkerConfig } from "../config.ts";
import { environmentModels } from "./environment-models.ts";
import { type KeptAccountsParts, keepAccounts } from "./kept-accounts.ts";
import type { CountedModel } from "./observe-calls.ts";

/** As many pools as the contract allows for a worker. */
const MOST_POOLS = 64;

type ModelSettings = Parameters<typeof environmentModels>[0] &
  Parameters<typeof secretSources>[0] &
  Pick<WorkerConfig, "accountsFile" | "pools" | "secretsReloadMs">;

export interface WorkerModelsParts
  extends Pick<KeptAccountsParts, "env" | "onReload" | "onReplaced"> {
  readonly log: Logger;
  readonly clock: Clock;
  readonly quote: Quote;
}

export interface WorkerModels {
  readonly models: ModelSource;
  /** The models that are known before any call. */
  readonly known: readonly CountedModel[];
  /** The names of the accounts whose pools the worker serves. */
  readonly accounts: readonly string[];
}

/** The pools that a worker with these accounts serves. */
export const poolsOf = (
  { pools }: { readonly pools: readonly string[] },
  accounts: readonly string[],
): string[] => [...new Set([...pools, ...accounts])];

const QUIRK = "the provider has shown a quirk";
const CONTEXT = "the provider has shown the model's context";

/** Opens the models of the accounts file, or of the one account that the settings name. */
export function openWorkerModels(
  scope: Pick<Scope, "defer">,
  config: ModelSettings,
  parts: WorkerModelsParts,
): WorkerModels {
  const { log, clock, quote, env, onReload, onReplaced } = parts;
  const { accountsFile: path, pools, secretsReloadMs: everyMs } = config;
  if (path === undefined) {
    const apiKey = keepSecret(scope, secretSources(config).openAiKey, { clock, log, everyMs });
    const models = environmentModels(config, {
      ...{ quote, apiKey: () => apiKey?.current ?? "" },
      onLesson: (lesson) => log.warn(lesson, QUIRK),
      onContext: (tokens) => log.warn({ context_tokens: tokens }, CONTEXT),
    });
    const { name: provider, model } = models.provider({ account: "", model: "" });
    const known = ["", ...pools].map((account) => ({ provider, model, account }));
    return { models, known, accounts: [] };
  }
  const { models, accounts } = keepAccounts(scope, path, {
    ...{ env, onReload, onReplaced, quote, log, everyMs, timers: clock },
    // Some providers name a point in time until which to wait.
    ...{ clock: systemClock, traceHttp: traceHttpCall },
    check: (names) => {
      const { length } = poolsOf(config, names);
      if (length <= MOST_POOLS) return [];
      return [
        `MILLRACE_POOLS: it names ${length} pools together with MILLRACE_ACCOUNTS_FILE, and a worker may serve ${MOST_POOLS}`,
      ];
    },
    onLesson: (lesson) => log.warn(lesson, QUIRK),
    onContext: ({ contextTokens, ...called }) =>
      log.warn({ ...called, context_tokens: contextTokens }, CONTEXT),
  });
  const known = accounts.accounts.flatMap(({ name: account }): CountedModel[] => {
    try {
      const { name: provider, model } = models.provider({ account, model: "" });
      return [{ provider, model, account }];
    } catch {
      // An account without a model of its own is called for the models of routes only.
      return [];
    }
  });
  return { models, known, accounts: models.accounts };
}
