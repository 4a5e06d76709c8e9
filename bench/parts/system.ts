import { join } from "node:path";
import { type LocalSystem, type RedisOptions, startRedis, startSystem } from "@millrace/local";
import { Redis } from "ioredis";
import { profiled } from "./child.ts";

export interface BenchSystem extends AsyncDisposable {
  readonly system: LocalSystem;
  readonly redisVersion: string;
  /** The process ids by name, to read the CPU time of each. */
  readonly pids: Readonly<Record<string, number>>;
}

/** Called for each long turn of a service's event loop, with the CPU time of its main thread. */
export type OnLongTurn = (cpuMs: number, service: "gateway" | "scheduler") => void;

/**
 * Starts a Millrace with one queue and without a worker, on its own Redis, which has no persistence unless
 * `options` say so. `settings` are for its services.
 */
export async function startBenchSystem(
  options: RedisOptions = {},
  onLongTurn?: OnLongTurn,
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchSystem> {
  const ownRedis = await startRedis(options);
  const watched = { NODE_OPTIONS: `--import ${join(import.meta.dirname, "turn-watch.ts")}` };
  const settingsOf = (name: string) => (onLongTurn === undefined ? profiled(name) : watched);
  const system = await startSystem({
    redis: ownRedis,
    workers: 0,
    queues: [{ name: "bench", maxDepthPerKey: 10_000_000 }],
    settings: {
      ...{ all: settings, scheduler: settingsOf("scheduler"), gateway: settingsOf("gateway") },
    },
    log(line, service) {
      if (!line.startsWith('{"msg":"long turn"') || service === "worker") return;
      onLongTurn?.((JSON.parse(line) as { cpuMs: number }).cpuMs, service);
    },
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
