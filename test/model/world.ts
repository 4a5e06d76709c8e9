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
  readonly priority: number;
  readonly pool: string | undefined;
  readonly tokens: number | undefined;
  readonly delayMs: number | undefined;
  readonly deduplication: string | undefined;
}

/** A queue on a clock that stands still until it is moved, two keys with budgets, and an account. */
export async function openWorld() {
  const { url, rootPrefix } = await redisForTests();
  const time = { nowMs: 1_764_000_000_000 };
  const clock: Clock = { nowMs: () => time.nowMs, after: systemClock.after };
  const queue = "documents" as QueueName;
  const open = () => openEngine({ redis: { url }, rootPrefix, clock, random: systemRandom });
  let engine = await open();
  await engine.defineQueue({ name: queue, maxStalls: 2, maxBounces: 3 });
  const budgets: readonly [string, KeyBudget][] = [
    ["slow", { maxRunning: 2, requestsPerMinute: 4, tokensPerMinute: 10_000 }],
    ["small", { maxRunning: 5, requestsPerMinute: 10, tokensPerMinute: 500 }],
  ];
  for (const [key, budget] of budgets) await engine.keyBudgets.set(key as KeyId, budget);
  const account = { name: "acc", requestsPerMinute: 6, tokensPerMinute: 20_000, maxRunning: 2 };
  await engine.providerAccounts.put(account);
  let made = 0;
  return {
    time,
    queue,
    leaseMs: 30_000,
    budgets,
    account,
    /** What workers hold, as far as they know. */
    held: [] as Lease[],
    get engine(): Engine {
      return engine;
    },
    /** Another replica takes over; what the one before had begun stays as it is. */
    async restart() {
      await engine.close();
      engine = await open();
    },
    job({ key, priority, pool, tokens, delayMs, deduplication }: NewJob): JobSpec {
      made += 1;
      const mode = deduplication === "throttle" ? "throttle" : "debounce";
      return {
        // A millisecond apart, so that ids sort in the order in which they were made.
        id: newJobId(queue, key as KeyId, time.nowMs + made, systemRandom),
        ...{ type: "summarize", payloadJson: "{}", priority, maxAttempts: 3 },
        ...{ backoff: defaultBackoff, documents: [], labels: {}, submittedAtMs: time.nowMs },
        ...(pool === undefined ? {} : { pool }),
        ...(tokens === undefined ? {} : { estimatedTokens: tokens }),
        ...(delayMs === undefined ? {} : { runAtMs: time.nowMs + delayMs }),
        ...(deduplication === undefined
          ? {}
          : { deduplication: { key: "d", mode, windowMs: 10_000 } }),
      };
    },
    close: () => engine.close(),
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;
