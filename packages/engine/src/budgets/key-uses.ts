import type { Clock, KeyId } from "@millrace/shared";
import { storedKey } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import type { ShardOfKeys } from "./budget-copies.ts";
import type { KeyUse } from "./contract.ts";
import { readUse } from "./read_use.ts";

/** How many keys' use one call reads: it occupies Redis for about a millisecond. */
const KEYS_AT_ONCE = 200;

/** Reads how much of its budget each given key uses in a shard. Keys that use nothing are left out. */
export async function usesInShard(
  redis: Store,
  { base, queue }: ShardOfKeys,
  keyIds: readonly KeyId[],
  clock: Clock,
): Promise<ReadonlyMap<KeyId, KeyUse>> {
  const found = new Map<KeyId, KeyUse>();
  for (let from = 0; from < keyIds.length; from += KEYS_AT_ONCE) {
    const keys = keyIds.slice(from, from + KEYS_AT_ONCE);
    const uses = await readUse.run(redis, base, { nowMs: clock.nowMs(), keys });
    for (const [at, limits] of uses.entries()) {
      const some = limits.filter(({ used }) => used > 0);
      if (some.length > 0) found.set(keys[at] as KeyId, { queue, limits: some });
    }
  }
  return found;
}

/** The keys that store jobs in a shard, some at a time. A key may come twice. */
export async function* keysWithJobs(
  redis: Store,
  shard: ShardOfKeys,
): AsyncGenerator<readonly KeyId[]> {
  let cursor = "0";
  do {
    const [next, flat] = await redis.hscan(storedKey(shard), cursor, "COUNT", KEYS_AT_ONCE);
    cursor = next;
    // "<key>:d" counts which of the key's jobs wait for something.
    const keys = flat.filter((field, at) => at % 2 === 0 && !field.includes(":"));
    if (keys.length > 0) yield keys as KeyId[];
  } while (cursor !== "0");
}
