import { parseJobId, parseScheduleId, type Random } from "@millrace/shared";
import { Redis } from "ioredis";
import { providerAccounts } from "./accounts/provider-accounts.ts";
import { openAudits } from "./audit/open-audits.ts";
import { keyBudgetRegistry } from "./budgets/key-budgets.ts";
import { keyPortions } from "./budgets/key-portions.ts";
import { openRetention } from "./dead-letters/open-retention.ts";
import { openDemand } from "./demand/open-demand.ts";
import type { Engine, EngineOptions, Policy } from "./engine.ts";
import { openExplanations } from "./explain/open-explanations.ts";
import { openGroups } from "./groups/open-groups.ts";
import { AwaitEnds } from "./jobs/await-ends.ts";
import type { Jobs } from "./jobs/contract.ts";
import { EndNews } from "./jobs/end-news.ts";
import { openJobs } from "./jobs/open-jobs.ts";
import { openLeases } from "./leases/open-leases.ts";
import { modelRegistry } from "./models/model-registry.ts";
import { apiKeyRegistry } from "./operators/api-key-registry.ts";
import { changeLog, changeLogDefaults } from "./operators/change-log.ts";
import { openOutput } from "./output/open-output.ts";
import { type AttendedQueues, attendedQueues } from "./queues/attended-queues.ts";
import { openQueues } from "./queues/open-queues.ts";
import { queueRegistry } from "./queues/queue-registry.ts";
import { openQuotes } from "./quotes/open-quotes.ts";
import { checkKeys, checkServers } from "./redis/check-store.ts";
import { connect, createConnections } from "./redis/connection.ts";
import { DEFAULT_ROOT_PREFIX, isRootPrefix } from "./redis/keys.ts";
import { openStorage } from "./redis/open-storage.ts";
import { policyCopies } from "./redis/policy-copies.ts";
import { redisClock } from "./redis/redis-clock.ts";
import { shardMap } from "./redis/shard-map.ts";
import type { Store } from "./redis/store-connection.ts";
import { claimFormat } from "./redis/stored-format.ts";
import { openRoster } from "./roster/open-roster.ts";
import type { Schedules } from "./schedules/contract.ts";
import { openSchedules } from "./schedules/open-schedules.ts";
import { signalHub } from "./signals/signal-hub.ts";
import { openSpend } from "./spend/open-spend.ts";
import { spendSettings } from "./spend/spend-settings.ts";
import { openUsage } from "./usage/open-usage.ts";
import { openWebhooks } from "./webhooks/open-webhooks.ts";

/** With the default of 5 attempts, a job that alone met all failures but one has one attempt left. */
const DEFAULT_PROVIDER_FAILURES = 5;
const DEFAULT_INTERNAL_LIMITS = { maxRunning: 16, maxRunningPerPool: 4 };

/**
 * Connects to Redis, checks that the server is suitable, and returns the engine. The engine owns two connections
 * until it is closed. Rejects with StoreUnavailable if Redis cannot be reached in time.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { redis: settings, clock, random, rootPrefix = DEFAULT_ROOT_PREFIX } = options;
  if (!isRootPrefix(rootPrefix)) {
    throw new RangeError(
      `rootPrefix must be 1 to 64 letters, digits, "_", "." or "-", not ${JSON.stringify(rootPrefix)}`,
    );
  }
  const onWarning = options.onWarning ?? (() => undefined);
  const { commands, signals } = createConnections(settings, random, onWarning);
  try {
    // One after the other: in a Cluster, the signals connection uses a node that the first connection has learned.
    await connect(commands, settings, clock);
    await connect(signals, settings, clock);
    await checkServers(commands, settings, onWarning);
    const registry = queueRegistry(commands, rootPrefix, clock);
    await checkKeys(commands, rootPrefix, () => registry.list(), onWarning);
    await claimFormat(commands, rootPrefix);
    const redisTime = options.redisTime
      ? await redisClock(commands, rootPrefix, clock, onWarning)
      : undefined;
    const goneBy = { ...options, rootPrefix, clock: redisTime?.clock ?? clock };
    return engineOn(commands, signals, goneBy, () => redisTime?.close());
  } catch (error) {
    commands.disconnect();
    signals.disconnect();
    throw error;
  }
}

/**
 * The name that an engine's own signals of work bear, which it ignores because it asks for jobs by itself. A Cluster may send a
 * call to another node, after a later one. There, an engine hears its own signals, too.
 */
const originOf = (redis: Store, random: Random): string =>
  redis instanceof Redis ? Buffer.from(random.bytes(8)).toString("hex") : "";

/** Builds the engine on open connections; it uses the clock of the options. */
function engineOn(
  redis: Store,
  signals: Redis,
  options: EngineOptions & { readonly rootPrefix: string },
  onClose: () => void,
): Engine {
  const { rootPrefix, clock, random } = options;
  const registry = queueRegistry(redis, rootPrefix, clock);
  const shards = shardMap((name) => registry.recent(name), rootPrefix);
  const onOtherEnds = options.onOtherEnds ?? (() => undefined);
  const parts = { redis, rootPrefix, clock, random, shards, onOtherEnds };
  const queues = () => registry.list();
  const { internalLimits = DEFAULT_INTERNAL_LIMITS } = options;
  const bytesLimit = options.storedBytesPerKey ?? (() => Number.POSITIVE_INFINITY);

  const hub = signalHub(signals, rootPrefix, { clock, origin: originOf(redis, random) });
  const portions = keyPortions(redis, rootPrefix, clock);
  const keyBudgets = keyBudgetRegistry(
    ...([redis, rootPrefix, queues, internalLimits, clock, portions] as const),
  );
  const accounts = providerAccounts({
    ...{ ...parts, queues, onChanged: () => freed() },
    onEvent: options.onAccountEvent ?? (() => undefined),
    mostFailures: options.providerFailures ?? DEFAULT_PROVIDER_FAILURES,
  });
  const spend = spendSettings(options.spend);
  const models = modelRegistry(redis, rootPrefix, queues, clock);
  const ends = new EndNews(hub);
  const { leases, freed } = openLeases({ ...parts, accounts, portions, spend, ends });
  const jobs = openJobs({ ...parts, bytesLimit, models, ends, hub });
  const { syncSubscribers, ...webhooks } = openWebhooks({ ...parts, queues, hub });
  const syncs = [keyBudgets.sync, accounts.sync, models.sync, syncSubscribers];
  const copies = policyCopies(redis, rootPrefix, queues, syncs);
  const syncPolicy: Policy["syncPolicy"] = async (options) => {
    await copies.copy(options);
    await accounts.tend();
  };

  const attended = attendedQueues(redis, rootPrefix, () => registry.recentList(), clock);
  const schedules = openSchedules({ ...parts, bytesLimit });

  return {
    subscribe: (queue, listener, jobId) => hub.subscribe(queue, listener, jobId),
    ...{ keyBudgets, providerAccounts: accounts, models, syncPolicy },
    awaitEnds: (onNews) => new AwaitEnds({ news: ends, getFinished: jobs.getFinished, onNews }),
    ...jobs,
    ...leases,
    ...openGroups({ ...parts, submit: jobs.submit }),
    ...schedules,
    ...noted(attended, jobs, schedules),
    ...openOutput({ ...parts, signals: hub }),
    ...webhooks,
    ...openRetention({ ...parts, bytesLimit }),
    ...openQueues({ ...parts, registry, attended, onDefined: (only) => copies.copy({ only }) }),
    ...openExplanations({ ...parts, accounts, keyBudgets }),
    ...openDemand({ ...parts, accounts }),
    ...openQuotes({ ...parts, accounts, keyBudgets }),
    apiKeys: apiKeyRegistry(redis, rootPrefix, clock),
    changeLog: changeLog(redis, rootPrefix, clock, { ...changeLogDefaults, ...options.changeLog }),
    roster: openRoster(redis, rootPrefix, clock),
    ...openAudits({ ...parts, queues, portions }),
    ...openUsage({ redis, rootPrefix, queues }),
    ...openSpend({ redis, rootPrefix, queues }),
    ...openStorage(redis, clock, () => {
      onClose();
      hub.close();
    }),
  };
}

/** The calls that give a queue something that duties must look after, which note that. */
function noted(
  { touch }: AttendedQueues,
  jobs: Pick<Jobs, "submit">,
  schedules: Pick<Schedules, "putSchedule">,
): Pick<Engine, "submit" | "putSchedule"> {
  return {
    submit(specs) {
      for (const { id } of specs) {
        const queue = parseJobId(id)?.queue;
        if (queue !== undefined) touch(queue);
      }
      return jobs.submit(specs);
    },
    putSchedule(change) {
      const queue = parseScheduleId(change.id)?.queue;
      if (queue !== undefined) touch(queue);
      return schedules.putSchedule(change);
    },
  };
}
