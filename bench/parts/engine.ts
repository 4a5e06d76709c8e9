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

/** A Redis of its own without persistence, and an engine on it. */
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
  /** That it is taken to spend. */
  readonly tokens?: number | undefined;
  readonly type?: string | undefined;
}

export function newJob(
  queue: QueueName,
  key: KeyId,
  nowMs: number,
  { tokens, type = "summarize" }: JobOptions = {},
) {
  // A millisecond apart, so that ids sort in the order in which they were made.
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
  };
}

/** Submits jobs of the keys that `keyOf` names, many at a time. */
export async function fill(
  engine: Engine,
  queue: QueueName,
  count: number,
  keyOf: (at: number) => KeyId,
  {
    tokensOf,
    typeOf,
  }: {
    readonly tokensOf?: ((at: number) => number | undefined) | undefined;
    readonly typeOf?: ((at: number) => string) | undefined;
  } = {},
): Promise<void> {
  const AT_ONCE = 4_096;
  for (let from = 0; from < count; from += AT_ONCE) {
    const nowMs = engine.clock.nowMs();
    const length = Math.min(AT_ONCE, count - from);
    await engine.submit(
      Array.from({ length }, (_, i) => {
        const at = from + i;
        return newJob(queue, keyOf(at), nowMs, { tokens: tokensOf?.(at), type: typeOf?.(at) });
      }),
    );
  }
}

/** Leases for a worker that names these types; none: any. */
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
 * Has Redis finish growing its table of keys. While that is under way each look at a key costs a step
 * of it, and which of several cases pays is chance.
 */
export async function finishRehash(redis: Redis): Promise<void> {
  const STEPS = 2 ** 21;
  const AT_ONCE = 1_024;
  for (let step = 0; step < STEPS; step += AT_ONCE) {
    const pipeline = redis.pipeline();
    for (let at = 0; at < AT_ONCE; at += 1) pipeline.exists("none");
    await pipeline.exec();
  }
}

/** What scripts have cost Redis since the last RESETSTAT, in microseconds. */
export async function scriptUs(redis: Redis): Promise<number> {
  const info = await redis.info("commandstats");
  return ["evalsha", "eval"].reduce((sum, command) => {
    const usec = new RegExp(`cmdstat_${command}:calls=\\d+,usec=(\\d+)`).exec(info)?.[1];
    return sum + Number(usec ?? 0);
  }, 0);
}
