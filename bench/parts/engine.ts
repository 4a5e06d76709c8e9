import { type Engine, openEngine } from "@millrace/engine";
import {
  type Clock,
  defaultBackoff,
  type KeyId,
  newJobId,
  type QueueName,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { startRedis } from "@millrace/testing";
import { Redis } from "ioredis";

/** Starts a Redis without persistence, and an engine on it. */
export async function startEngine(clock: Clock = systemClock) {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const engine = await openEngine({
    redis: { url: server.url, commandTimeoutMs: 60_000 },
    clock,
    random: systemRandom,
  });
  const version = /redis_version:(\S+)/.exec(await redis.info("server"))?.[1] ?? "unknown";
  return {
    engine,
    redis,
    url: server.url,
    version,
    async [Symbol.asyncDispose]() {
      await engine.close();
      redis.disconnect();
      await server[Symbol.asyncDispose]();
    },
  };
}

export const keyId = (number: number): KeyId => `key${String(number).padStart(7, "0")}` as KeyId;

let made = 0;

interface JobOptions {
  /** The estimate of the job. */
  readonly tokens?: number | undefined;
  readonly type?: string | undefined;
  readonly pool?: string | undefined;
  readonly model?: string | undefined;
}

export function newJob(
  queue: QueueName,
  key: KeyId,
  nowMs: number,
  { tokens, type = "summarize", pool, model }: JobOptions = {},
) {
  // Ids are a millisecond apart, so that they sort in the order of creation.
  made += 1;
  return {
    id: newJobId(queue, key, nowMs + made, systemRandom),
    type,
    payloadJson: "{}",
    priority: 50,
    maxAttempts: 5,
    backoff: defaultBackoff,
    labels: {},
    submittedAtMs: nowMs,
    ...(tokens === undefined ? {} : { estimatedTokens: tokens }),
    ...(pool === undefined ? {} : { pool }),
    ...(model === undefined ? {} : { model }),
  };
}

/** Submits jobs of the keys that `keyOf` returns, many at a time. */
export async function fill(
  engine: Engine,
  queue: QueueName,
  count: number,
  keyOf: (index: number) => KeyId,
  {
    tokensOf,
    typeOf,
    needsOf,
  }: {
    readonly tokensOf?: ((index: number) => number | undefined) | undefined;
    readonly typeOf?: ((index: number) => string) | undefined;
    /** The pool or the model of each job. */
    readonly needsOf?: ((index: number) => Pick<JobOptions, "pool" | "model">) | undefined;
  } = {},
): Promise<void> {
  const AT_ONCE = 4_096;
  for (let from = 0; from < count; from += AT_ONCE) {
    const nowMs = engine.clock.nowMs();
    const length = Math.min(AT_ONCE, count - from);
    await engine.submit(
      Array.from({ length }, (_, i) => {
        const index = from + i;
        return newJob(queue, keyOf(index), nowMs, {
          tokens: tokensOf?.(index),
          type: typeOf?.(index),
          ...needsOf?.(index),
        });
      }),
    );
  }
}

/** Leases for a worker that names these types. Without types, any job is leased. */
export async function take(
  engine: Engine,
  queue: QueueName,
  count: number,
  types: readonly string[] = [],
) {
  const request = { queue, count, types, leaseMs: 600_000, workerId: "bench" };
  return (await engine.lease(request)).leases;
}

/**
 * Makes Redis finish growing its key table. While the table grows, each access to a key performs one step, so
 * chance would decide which case pays.
 */
export async function finishRehash(redis: Redis): Promise<void> {
  const STEPS = 2 ** 21;
  const AT_ONCE = 1_024;
  for (let step = 0; step < STEPS; step += AT_ONCE) {
    const pipeline = redis.pipeline();
    for (let index = 0; index < AT_ONCE; index += 1) pipeline.exists("none");
    await pipeline.exec();
  }
}

/** Returns the time that scripts took in Redis since the last RESETSTAT, in microseconds. */
export async function scriptUs(redis: Redis): Promise<number> {
  const info = await redis.info("commandstats");
  return ["evalsha", "eval"].reduce((sum, command) => {
    const usec = new RegExp(`cmdstat_${command}:calls=\\d+,usec=(\\d+)`).exec(info)?.[1];
    return sum + Number(usec ?? 0);
  }, 0);
}
