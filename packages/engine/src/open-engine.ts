import type { Clock, JobId, QueueName, Random } from "@millrace/shared";
import type { Redis } from "ioredis";
import { providerAccounts } from "./accounts/provider-accounts.ts";
import { auditEngine } from "./audit/audit-engine.ts";
import { repairFindings } from "./audit/repair.ts";
import { strays } from "./audit/strays.ts";
import { keyBudgetRegistry, parseBudget } from "./budgets/key-budgets.ts";
import { deadLetterStore } from "./dead-letters/dead-letters.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { explanationOf } from "./explain/explain.ts";
import { explainJob } from "./explain/explain_job.ts";
import { cancelJob } from "./jobs/cancel_job.ts";
import type { JobSpec, SubmitOutcome } from "./jobs/contract.ts";
import { listJobs } from "./jobs/list-jobs.ts";
import { promoteJobs } from "./jobs/promote_jobs.ts";
import { pruneJobs } from "./jobs/prune_jobs.ts";
import { readFinished } from "./jobs/read_finished.ts";
import { readJobs } from "./jobs/read_jobs.ts";
import { keyOrder, submit } from "./jobs/submit.ts";
import { adoptLeases } from "./leases/adopt_leases.ts";
import type { LeaseRef } from "./leases/contract.ts";
import { leaseFromShards } from "./leases/lease-from.ts";
import { leaseSecret } from "./leases/lease-secret.ts";
import { reapLeases } from "./leases/reap_leases.ts";
import { renewLeases } from "./leases/renew_leases.ts";
import { settle } from "./leases/settle.ts";
import { apiKeyRegistry } from "./operators/api-key-registry.ts";
import { changeLog, changeLogDefaults } from "./operators/change-log.ts";
import type { ChangeLogSettings } from "./operators/contract.ts";
import { appendOutput } from "./output/append_output.ts";
import { readOutput } from "./output/read_output.ts";
import type { QueueDefinition } from "./queues/contract.ts";
import { pauseQueue } from "./queues/pause_queue.ts";
import { MAX_EVENTS, queueRegistry, retention } from "./queues/queue-registry.ts";
import { readStats } from "./queues/read-stats.ts";
import { byShard } from "./redis/by-shard.ts";
import { checkKeys, checkServers } from "./redis/check-store.ts";
import { connect, createConnections } from "./redis/connection.ts";
import { DEFAULT_ROOT_PREFIX, isRootPrefix, shardIndex } from "./redis/keys.ts";
import { readMemory } from "./redis/read-memory.ts";
import { redisClock } from "./redis/redis-clock.ts";
import { renewFiles } from "./redis/renew-files.ts";
import { type ShardOfQueue, shardMap } from "./redis/shard-map.ts";
import type { Store } from "./redis/store-connection.ts";
import { mastersOf } from "./redis/store-connection.ts";
import { asStoreFault, StoreUnavailable } from "./redis/store-fault.ts";
import { signalHub } from "./signals/signal-hub.ts";

/** With the default of 5 attempts a job that alone has met them all but one has one left. */
const DEFAULT_PROVIDER_FAILURES = 5;

/**
 * Connects to Redis, checks that it will do, and returns the engine, which owns two connections until
 * it is closed. Rejects with StoreUnavailable if Redis cannot be reached in time.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { redis: settings, clock, random, rootPrefix = DEFAULT_ROOT_PREFIX } = options;
  if (!isRootPrefix(rootPrefix)) throw new RangeError(`not a root prefix: ${rootPrefix}`);
  const onWarning = options.onWarning ?? (() => undefined);
  const { commands, signals } = createConnections(settings, random, onWarning);
  try {
    // In turn: in a Cluster signals come by a node that the first connection knows of.
    await connect(commands, settings, clock);
    await connect(signals, settings, clock);
    await checkServers(commands, settings, onWarning);
    const registry = queueRegistry(commands, rootPrefix, clock);
    await checkKeys(commands, rootPrefix, () => registry.list(), onWarning);
    const redisTime = options.redisTime
      ? await redisClock(commands, rootPrefix, clock, onWarning)
      : undefined;
    return engineOn(commands, signals, {
      ...{ rootPrefix, random, clock: redisTime?.clock ?? clock },
      mostFailures: options.providerFailures ?? DEFAULT_PROVIDER_FAILURES,
      changes: { ...changeLogDefaults, ...options.changeLog },
      bytesLimit: options.storedBytesPerKey ?? (() => Number.POSITIVE_INFINITY),
      onClose: () => redisTime?.close(),
    });
  } catch (error) {
    commands.disconnect();
    signals.disconnect();
    throw error;
  }
}

interface EngineParts {
  readonly rootPrefix: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly mostFailures: number;
  readonly changes: ChangeLogSettings;
  /** Of keys whose budget does not say. */
  readonly bytesLimit: () => number;
  readonly onClose: () => void;
}

function engineOn(
  redis: Store,
  signals: Redis,
  { rootPrefix, clock, random, mostFailures, changes, bytesLimit, onClose }: EngineParts,
): Engine {
  const registry = queueRegistry(redis, rootPrefix, clock);
  const keyBudgets = keyBudgetRegistry(redis, rootPrefix, () => registry.list());
  const hub = signalHub(signals, rootPrefix, clock);
  const accounts = providerAccounts({
    ...{ redis, rootPrefix, clock, random, mostFailures },
    queues: () => registry.list(),
    onChanged: () => leaseFrom.freed(),
  });
  const leaseFrom = leaseFromShards(redis, accounts, clock);
  const shards = shardMap(registry, rootPrefix);
  const deadLetters = deadLetterStore(redis, shards, clock, random, bytesLimit);
  const stray = strays(redis);

  const shardOfJob = async (id: JobId) => (await shards.forJobs([id]))(id);
  const shardOfLease = async (leases: readonly LeaseRef[]) => {
    const shardOf = await shards.forJobs(leases.map((lease) => lease.jobId));
    return (lease: LeaseRef) => shardOf(lease.jobId);
  };
  const leaseLost = () => ({ kind: "leaseLost" }) as const;
  // Read once per call, and the same for every shard of it.
  const stamp = () => ({ nowMs: clock.nowMs(), maxEvents: MAX_EVENTS });
  const onEach = async <T>(
    queue: QueueName,
    work: (shard: ShardOfQueue) => Promise<T>,
  ): Promise<T[]> => Promise.all((await shards.ofQueue(queue)).map(work));

  return {
    clock,

    async submit(jobs) {
      const now = stamp();
      const shardOf = await shards.forJobs(jobs.map((job) => job.id));
      const order = keyOrder(jobs);
      const outcomes = await byShard(
        order.map((index) => jobs[index] as JobSpec),
        (job) => {
          const shard = shardOf(job.id);
          return shard && takes(shard.definition, job.type) ? shard : undefined;
        },
        (job) => job.payloadJson.length + 1_024,
        ({ base, definition }, group) => {
          const { maxDepthPerKey: depthLimit, maxPriority: topPriority } = definition;
          return submit.run(redis, base, {
            ...{ ...now, depthLimit, topPriority, bytesLimit: bytesLimit(), jobs: group },
            keepFailedMs: definition.retainFailedMs,
          });
        },
        (job) => ({ kind: shardOf(job.id) === undefined ? "unknownQueue" : "unknownType" }),
      );
      const results = new Array<SubmitOutcome>(jobs.length);
      order.forEach((index, i) => {
        results[index] = outcomes[i] as SubmitOutcome;
      });
      return results;
    },

    getJobs: async (ids, view = "full") =>
      byShard(
        ids,
        await shards.forJobs(ids),
        () => (view === "summary" ? 1_024 : 32_768),
        ({ base }, group) => readJobs.run(redis, base, { view, ids: group }),
        () => undefined,
      ),

    getFinished: async (ids) =>
      byShard(
        ids,
        await shards.forJobs(ids),
        () => 32_768,
        ({ base }, group) => readFinished.run(redis, base, { ids: group }),
        () => ({ kind: "notFound" }),
      ),

    async listJobs(filter) {
      const all = await shards.ofQueue(filter.queue);
      const shard = all[shardIndex(filter.keyId, Math.max(1, all.length))];
      return shard === undefined ? { jobs: [] } : listJobs(redis, shard, filter);
    },

    async explain(id) {
      const shard = await shardOfJob(id);
      if (shard === undefined) return undefined;
      const { nowMs } = stamp();
      const { defaultEstimatedTokens: defaultTokens } = shard.definition;
      const facts = await explainJob.run(redis, shard.base, { nowMs, id, defaultTokens });
      if (facts === undefined) return undefined;
      const account = facts.governed ? await accounts.get(facts.pool) : undefined;
      return explanationOf(id, facts, parseBudget(facts.limits), account);
    },

    async cancel(jobId, reason) {
      const shard = await shardOfJob(jobId);
      if (shard === undefined) return { kind: "notFound" };
      const message = reason === "" ? "cancelled" : reason;
      const keepFailedMs = shard.definition.retainFailedMs;
      return cancelJob.run(redis, shard.base, { ...stamp(), keepFailedMs, jobId, message });
    },

    lease: async (request) =>
      leaseFrom.lease(await shards.ofQueue(request.queue), request, stamp()),

    async renew(leases, leaseMs) {
      const { nowMs } = stamp();
      return byShard(
        leases,
        await shardOfLease(leases),
        () => 0,
        ({ base }, group) => renewLeases.run(redis, base, { nowMs, leaseMs, leases: group }),
        leaseLost,
      );
    },

    async adopt(leases, leaseMs, workerId) {
      const { nowMs } = stamp();
      return byShard(
        leases,
        await shardOfLease(leases),
        () => 32_768,
        ({ base }, group) =>
          adoptLeases.run(redis, base, { nowMs, leaseMs, workerId, leases: group }),
        leaseLost,
      );
    },

    async settle(settlements) {
      const now = stamp();
      const outcomes = await byShard(
        settlements,
        await shardOfLease(settlements),
        (one) => (one.kind === "complete" ? one.resultJson.length : 0),
        ({ base, definition }, group) => {
          const { maxBounces } = definition;
          const call = { ...now, ...retention(definition), maxBounces, settlements: group };
          return settle.run(redis, base, call);
        },
        leaseLost,
      );
      leaseFrom.freed();
      return outcomes;
    },

    async append(batches) {
      batches.forEach(assertConsecutive);
      const { nowMs } = stamp();
      return byShard(
        batches,
        await shardOfLease(batches),
        (batch) => batch.chunks.reduce((bytes, chunk) => bytes + chunk.body.length + 1_024, 0),
        ({ base }, group) => appendOutput.run(redis, base, { nowMs, batches: group }),
        leaseLost,
      );
    },

    async readOutput(jobId, fromOffset, maxChunks, maxBytes) {
      const shard = await shardOfJob(jobId);
      if (shard === undefined) return { kind: "notFound" };
      return readOutput.run(redis, shard.base, { jobId, fromOffset, maxChunks, maxBytes });
    },

    subscribe: (queue, listener, jobId) => hub.subscribe(queue, listener, jobId),

    async reap(queue, limit) {
      const now = stamp();
      const results = await onEach(queue, ({ base, definition }) => {
        const { maxStalls, retainFailedMs: keepFailedMs } = definition;
        return reapLeases.run(redis, base, { ...now, keepFailedMs, maxStalls, limit });
      });
      leaseFrom.freed();
      return {
        reaped: results.flatMap((result) => result.reaped),
        more: results.some((result) => result.more),
      };
    },

    async promote(queue, limit) {
      const now = stamp();
      const results = await onEach(queue, ({ base }) =>
        promoteJobs.run(redis, base, { ...now, limit }),
      );
      const due = results.flatMap(({ nextDueMs }) => (nextDueMs === undefined ? [] : [nextDueMs]));
      return {
        promoted: results.reduce((sum, { promoted }) => sum + promoted, 0),
        ...(due.length === 0 ? {} : { nextDueMs: Math.min(...due) }),
      };
    },

    async prune(queue, limit) {
      const now = stamp();
      const results = await onEach(queue, ({ base, definition }) => {
        const keepCount = definition.retainCount;
        return pruneJobs.run(redis, base, { ...now, ...retention(definition), keepCount, limit });
      });
      const dead = await deadLetters.prune(queue, limit);
      return {
        pruned: results.reduce((sum, { pruned }) => sum + pruned, dead.removed),
        more: dead.more || results.some((result) => result.more),
      };
    },

    stats: async (queue) => readStats(redis, await shards.ofQueue(queue)),

    queues: () => registry.list(),
    getQueue: (name) => registry.get(name),
    recentQueue: (name) => registry.recent(name),
    async defineQueue(change) {
      const queue = await registry.define(change);
      await Promise.all([keyBudgets.sync(), accounts.sync()]);
      return queue;
    },
    async replaceQueue(before, queue) {
      const replaced = await registry.replace(before, queue);
      if (replaced !== undefined) await Promise.all([keyBudgets.sync(), accounts.sync()]);
      return replaced;
    },
    async pauseQueue(name, paused) {
      await onEach(name, ({ base }) =>
        pauseQueue.run(redis, base, { maxEvents: MAX_EVENTS, paused }),
      );
    },
    deadLetters,
    keyBudgets,
    providerAccounts: accounts,
    changeLog: changeLog(redis, rootPrefix, clock, changes),
    async syncPolicy() {
      await Promise.all([keyBudgets.sync(), accounts.sync()]);
    },
    apiKeys: apiKeyRegistry(redis, rootPrefix, clock),

    leaseSecret: (known) => leaseSecret(redis, rootPrefix, random, known),

    async audit(options) {
      const queues = await registry.list();
      return auditEngine(redis, rootPrefix, queues, options).catch((error: unknown) => {
        throw asStoreFault(error, "the audit");
      });
    },

    async *repair(findings) {
      const parts = { redis, rootPrefix, queues: await registry.list(), ...stamp() };
      yield* repairFindings(parts, findings);
    },
    returnStrays: async (queue) => stray.look(await shards.ofQueue(queue), stamp()),

    renewFiles: () => renewFiles(redis),

    memory: () => readMemory(redis),

    async ping() {
      const servers = mastersOf(redis);
      if (servers.length === 0) throw new StoreUnavailable("no master of the Cluster is known");
      await Promise.all(servers.map((server) => server.ping())).catch((error: unknown) => {
        throw asStoreFault(error, "ping");
      });
    },
    async close() {
      onClose();
      hub.close();
      // QUIT is answered after all that was sent before it; without a connection nothing was.
      await redis.quit().catch(() => undefined);
      redis.disconnect();
    },
  };
}

function assertConsecutive({
  jobId,
  chunks,
}: {
  jobId: JobId;
  chunks: readonly { seq: number }[];
}) {
  const first = chunks[0]?.seq ?? 0;
  const ordered = chunks.every((chunk, index) => chunk.seq === first + index);
  if (!ordered) throw new RangeError(`chunks of ${jobId} are not numbered without gaps`);
}

const takes = ({ types }: QueueDefinition, type: string): boolean =>
  types.length === 0 || types.includes(type);
