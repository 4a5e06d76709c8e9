import type { Redis } from "ioredis";
import { type RedisType, registryKeys, registryKeyTypes, shardAt, shardKeyTypes } from "./keys.ts";
import type { OnWarning, RedisSettings } from "./settings.ts";
import type { DefinedQueue } from "./shard-map.ts";
import { mastersOf, type Store } from "./store-connection.ts";
import { asStoreFault, StoreUnavailable } from "./store-fault.ts";

/** The scripts need LMOVE, LPOP with a count, and SET with GET. */
const OLDEST_REDIS = [6, 2] as const;
/** How many keys of a server are searched for keys of other programs. */
const SAMPLED_KEYS = 5_000;
const SCAN_COUNT = 1_000;

/** Refuses servers that would lose jobs or cannot run the scripts, and warns of settings that may lose jobs. */
export async function checkServers(
  store: Store,
  settings: RedisSettings,
  onWarning: OnWarning,
): Promise<void> {
  const infos = await Promise.all(mastersOf(store).map((server) => server.info())).catch(
    (error: unknown) => {
      throw asStoreFault(error, "reading the server's INFO");
    },
  );
  const warnings = new Set(infos.flatMap((info) => checkServer(info, settings)));
  for (const warning of warnings) onWarning(warning);
}

/** Checks a server's INFO. Returns warnings; throws if the server cannot be used. */
export function checkServer(info: string, settings: RedisSettings): string[] {
  const value = (field: string) => new RegExp(`^${field}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = value("redis_version") ?? "unknown";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor < OLDEST_REDIS[1])) {
    throw new Error(`Redis ${OLDEST_REDIS.join(".")} or newer is needed; this one is ${version}`);
  }
  if (value("cluster_enabled") === "1" && !("cluster" in settings)) {
    throw new Error(
      "this Redis is a node of a Cluster: configure it, and other nodes, as a Cluster",
    );
  }
  if (value("role") === "slave") {
    const primary = `${value("master_host")}:${value("master_port")}`;
    throw new StoreUnavailable(
      `this Redis is a replica of ${primary}: configure its primary instead`,
    );
  }
  const warnings: string[] = [];
  const policy = value("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    if (Number(value("maxmemory") ?? 0) > 0) {
      throw new Error(
        `Redis would evict jobs when its memory is full (maxmemory-policy ${policy}): set maxmemory-policy noeviction`,
      );
    }
    warnings.push(
      `Redis has maxmemory-policy ${policy}, and would evict jobs if maxmemory were set: set maxmemory-policy noeviction`,
    );
  }
  if (value("aof_enabled") === "0") {
    warnings.push(
      "Redis keeps no append-only file: a restart loses all jobs since its last snapshot. Set appendonly yes",
    );
  }
  const others = [...info.matchAll(/^db(\d+):/gm)].map(([, number]) => Number(number));
  const own = "url" in settings ? Number(new URL(settings.url).pathname.slice(1)) : 0;
  const foreign = others.filter((number) => number !== own);
  if (foreign.length > 0) warnings.push(shared(`in database ${foreign.join(", ")}`));
  return warnings;
}

/** Refuses keys with Millrace's names that another program wrote, and warns of other programs' keys. */
export async function checkKeys(
  store: Store,
  rootPrefix: string,
  listQueues: () => Promise<readonly DefinedQueue[]>,
  onWarning: OnWarning,
): Promise<void> {
  try {
    const types = registryKeyTypes;
    const keys = Object.entries(registryKeys(rootPrefix));
    await checkTypes(
      store,
      rootPrefix,
      keys.map(([name, key]) => [key, types[name as keyof typeof types]]),
    );
    const fixed = Object.entries(shardKeyTypes).filter(([name]) => !name.endsWith(":"));
    for (const { name: queue, shards } of await listQueues()) {
      for (let index = 0; index < shards; index += 1) {
        const { base } = shardAt(rootPrefix, queue, index);
        await checkTypes(
          store,
          rootPrefix,
          fixed.map(([name, type]) => [base + name, type]),
        );
      }
    }
    const found = await Promise.all(
      mastersOf(store).map((server) => othersKeys(server, rootPrefix)),
    );
    for (const warning of new Set(found.flat())) onWarning(warning);
  } catch (error) {
    throw asStoreFault(error, "checking the existing keys");
  }
}

/** Checks keys that are all in one slot. */
async function checkTypes(
  store: Store,
  rootPrefix: string,
  expected: readonly (readonly [key: string, type: RedisType])[],
): Promise<void> {
  const pipeline = store.pipeline();
  for (const [key] of expected) pipeline.type(key);
  const replies = (await pipeline.exec()) ?? [];
  for (const [at, [key, type]] of expected.entries()) {
    const [error, is] = replies[at] ?? [];
    if (error) throw error;
    if (is !== "none" && is !== type) {
      throw new Error(
        `${key} is a ${is}, but Millrace stores a ${type} there: another program uses the prefix ${rootPrefix}. Give Millrace its own Redis, or remove this key`,
      );
    }
  }
}

/** The keys that every BullMQ queue has. */
const BULLMQ_KEY = /^(.+):[^:]+:(meta|id|wait|active|delayed|prioritized|completed|failed|events)$/;

/** Reads some of a server's keys, and returns one warning for each kind of key that belongs to another program. */
async function othersKeys(server: Redis, rootPrefix: string): Promise<string[]> {
  const found = new Set<string>();
  let cursor = "0";
  for (let looked = 0; looked < SAMPLED_KEYS; looked += SCAN_COUNT) {
    const [next, keys] = await server.scan(cursor, "COUNT", SCAN_COUNT);
    for (const key of keys) if (!key.startsWith(`${rootPrefix}:{`)) found.add(kindOf(key));
    cursor = next;
    if (cursor === "0") break;
  }
  return [...found].sort().slice(0, 3).map(shared);
}

/** Describes a key without naming it, because a whole key may contain personal data. */
function kindOf(key: string): string {
  const prefix = BULLMQ_KEY.exec(key)?.[1];
  if (prefix !== undefined)
    return `under ${prefix}:, the prefix of another program's BullMQ queues`;
  const start = key.split(":")[0] ?? "";
  return key.includes(":") && start.length <= 32 ? `under ${start}:` : "without a prefix";
}

const shared = (where: string): string =>
  `another program stores keys in this Redis, ${where}. It uses memory that Millrace needs, and if it flushes or evicts keys, jobs are lost. Give Millrace its own Redis`;
