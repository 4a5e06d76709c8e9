import type { KeyId } from "@millrace/shared";
import type { Store } from "./store-connection.ts";

/** How many records one command reads: it occupies Redis for less than a millisecond. */
const AT_ONCE = 500;

/** The records of a day in one shard, by name: of all keys, or of one. A scan may return a record twice. */
export async function readDay(
  redis: Store,
  key: string,
  keyId?: KeyId,
): Promise<ReadonlyMap<string, Buffer>> {
  const records = new Map<string, Buffer>();
  let cursor = "0";
  do {
    const match = `${keyId ?? "*"}|*`;
    const [next, found] = await redis.hscanBuffer(key, cursor, "MATCH", match, "COUNT", AT_ONCE);
    for (let at = 0; at + 1 < found.length; at += 2) {
      records.set(String(found[at]), found[at + 1] as Buffer);
    }
    cursor = String(next);
  } while (cursor !== "0");
  return records;
}
