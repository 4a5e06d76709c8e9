import {
  type Engine,
  type JobSpec,
  type KeyBudget,
  type Lease,
  openEngine,
} from "@millrace/engine";
import {
  type Clock,
  defaultBackoff,
  type KeyId,
  newJobId,
  type QueueName,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { redisForTests } from "@millrace/testing";

export interface NewJob {
  readonly key: string;
  readonly priority?: number;
  readonly pool?: string | undefined;
  readonly model?: string | undefined;
  readonly type?: string | undefined;
  readonly tokens?: number | undefined;
  readonly delayMs?: number | undefined;
  readonly deduplication?: string | undefined;
}

/** The number of failures in a row, of at least two jobs, that opens a provider account's circuit. */
export const FAILURES = 3;

/** A job that has lost its worker this often fails when it loses the next one. */
export const MAX_STALLS = 2;

/** The number of one of the two scheduler replicas. */
export type Replica = 0 | 1;

/**
 * Opens a queue that two replicas serve, each with its own clock. Both clocks stand still until the test moves
 * them, and the second may be wrong by seconds.
 */
export async function openWorld(shards: number) {
  const { url, rootPrefix } = await redisForTests();
  const time = { nowMs: 1_764_000_000_000, skewMs: 0 };
  const clocks: readonly Clock[] = [
    { nowMs: () => time.nowMs, after: systemClock.after },
    { nowMs: () => time.nowMs + time.skewMs, after: systemClock.after },
  ];
  const queue = "documents" as QueueName;
  const open = (replica: Replica) =>
    openEngine({
      ...{ redis: { url }, rootPrefix, random: systemRandom },
      clock: clocks[replica] ?? systemClock,
      providerFailures: FAILURES,
    });
  const engines: [Engine, Engine] = [await open(0), await open(1)];
  await engines[0].defineQueue({ name: queue, shards, maxStalls: MAX_STALLS, maxBounces: 3 });
  let made = 0;
  return {
    ...{ url, rootPrefix },
    time,
    queue,
    leaseMs: 30_000,
    /** The leases that workers hold, as far as the workers know. */
    held: [] as Lease[],
    engine: (replica: Replica): Engine => engines[replica],
    clock: (replica: Replica): Clock => clocks[replica] ?? systemClock,
    async setBudget(key: string, budget: KeyBudget) {
      await engines[0].keyBudgets.set(key as KeyId, budget);
    },
    /** Replaces a replica by a new process. What the old process had begun stays as it is. */
    async restart(replica: Replica) {
      await engines[replica].close();
      engines[replica] = await open(replica);
    },
    job({ key, type = "summarize", priority = 50, ...rest }: NewJob): JobSpec {
      const { pool, model, tokens, delayMs, deduplication } = rest;
      made += 1;
      const mode = deduplication === "throttle" ? "throttle" : "debounce";
      return {
        // Ids are a millisecond apart, so that they sort in the order of creation.
        id: newJobId(queue, key as KeyId, time.nowMs + made, systemRandom),
        ...{ type, payloadJson: "{}", priority, maxAttempts: 3 },
        ...{ backoff: defaultBackoff, labels: {}, submittedAtMs: time.nowMs },
        ...(pool === undefined ? {} : { pool }),
        ...(model === undefined ? {} : { model }),
        ...(tokens === undefined ? {} : { estimatedTokens: tokens }),
        ...(delayMs === undefined ? {} : { runAtMs: time.nowMs + delayMs }),
        ...(deduplication === undefined
          ? {}
          : { deduplication: { key: "d", mode, windowMs: 10_000 } }),
      };
    },
    close: async () => {
      await Promise.all(engines.map((engine) => engine.close()));
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;
