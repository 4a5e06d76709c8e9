import { startRedis, startSystem } from "@millrace/local";
import { Redis } from "ioredis";
import type { Contender } from "./contenders.ts";
import type { Postgres } from "./postgres.ts";
import { startTemporal } from "./temporal.ts";

/** What the programs of a contender need to run. It is new and empty for each run. */
export interface Store extends AsyncDisposable {
  /** The first process of each part, by the part's name. */
  readonly pids: Readonly<Record<string, number>>;
  /** Variables for the environment of the programs. */
  readonly settings: Readonly<Record<string, string>>;
  readonly version: string;
  /** The bytes that the stored jobs take. */
  keptBytes(): Promise<number>;
}

/**
 * Opens a store. Redis keeps an append-only file with `everysec`. PostgreSQL runs across runs, with a new
 * database for each run.
 */
export async function openStore(kind: Contender["store"], postgres?: Postgres): Promise<Store> {
  if (kind === "postgres" || kind === "temporal") {
    if (postgres === undefined) throw new Error("PostgreSQL is not started");
    const store = {
      version: `PostgreSQL ${postgres.version}`,
      keptBytes: async () => postgres.databaseBytes(),
    };
    const [main = "", visibility = ""] = await postgres.newDatabases(kind === "temporal" ? 2 : 1);
    if (kind === "postgres") {
      return {
        ...store,
        pids: { postgres: postgres.pid },
        settings: { POSTGRES_URL: main },
        [Symbol.asyncDispose]: async () => undefined,
      };
    }
    const temporal = await startTemporal(main, visibility);
    return {
      ...store,
      pids: { temporal: temporal.pid, postgres: postgres.pid },
      settings: { TEMPORAL: temporal.address },
      [Symbol.asyncDispose]: () => temporal[Symbol.asyncDispose](),
    };
  }
  const parts = new AsyncDisposableStack();
  const redis = parts.use(await startRedis({ appendonly: true }));
  const client = parts.adopt(new Redis(redis.url), (open) => open.disconnect());
  const info = async (name: string) =>
    new RegExp(`${name}:(\\S+)`).exec(await client.info())?.[1] ?? "unknown";
  const store = {
    version: `Redis ${await info("redis_version")}`,
    keptBytes: async () => Number(await info("used_memory")),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
  if (kind === "redis") {
    return { ...store, pids: { redis: redis.pid }, settings: { REDIS_URL: redis.url } };
  }
  const queues = [{ name: "bench", maxDepthPerKey: 10_000_000 }];
  const system = parts.use(await startSystem({ redis, workers: 0, queues }));
  const services = [...system.schedulers, ...system.gateways].map(({ name, pid }) => [name, pid]);
  return {
    ...store,
    pids: { ...Object.fromEntries(services), redis: redis.pid },
    settings: {
      GATEWAY: system.gatewayTarget(),
      WORKERS: system.workerTarget,
      API_KEY: system.apiKey,
    },
  };
}
