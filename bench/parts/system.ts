import { type LocalSystem, type RedisOptions, startRedis, startSystem } from "@millrace/local";
import { Redis } from "ioredis";
import { profiled } from "./child.ts";

export interface BenchSystem extends AsyncDisposable {
  readonly system: LocalSystem;
  readonly redisVersion: string;
  /** By name, for the CPU time of each. */
  readonly pids: Readonly<Record<string, number>>;
}

/** A Millrace without a worker, with one queue, on a Redis of its own, without persistence unless `options` say so. */
export async function startBenchSystem(options: RedisOptions = {}): Promise<BenchSystem> {
  const ownRedis = await startRedis(options);
  const system = await startSystem({
    redis: ownRedis,
    workers: 0,
    queues: [{ name: "bench", maxDepthPerKey: 10_000_000 }],
    settings: { scheduler: profiled("scheduler"), gateway: profiled("gateway") },
  });
  const { redis, schedulers, gateways } = system;
  const client = new Redis(redis.url);
  const redisVersion = /redis_version:(\S+)/.exec(await client.info("server"))?.[1] ?? "unknown";
  client.disconnect();
  const services = [...schedulers, ...gateways].map(({ name, pid }) => [name, pid]);
  return {
    system,
    redisVersion,
    pids: Object.fromEntries([...services, ["redis", redis.pid]]),
    async [Symbol.asyncDispose]() {
      await system.stop();
      await system[Symbol.asyncDispose]();
      await ownRedis[Symbol.asyncDispose]();
    },
  };
}
