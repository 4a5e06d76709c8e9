import { outboxAsideKey, outboxKey } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

/** How many entries are read with one command. */
const AT_ONCE = 500;

const ASIDE = /^mr:outbox-aside:(.+)$/;

/** An entry of an outbox as it is stored. */
export interface StoredEntry {
  readonly id: string;
  /** The list that it was set aside in. */
  readonly list?: string;
  /** A field's value; "" if the entry does not have it. */
  readonly field: (name: string) => string;
}

/** The lists of a shard that have entries. */
export const asideLists = ({ names }: Pick<ShardSnapshot, "names">): readonly string[] =>
  names.flatMap((name) => ASIDE.exec(name)?.[1] ?? []);

/** All entries of a shard's outbox, those that were set aside too. */
export async function* outboxEntries(
  redis: Store,
  { shard, names }: Pick<ShardSnapshot, "shard" | "names">,
): AsyncGenerator<StoredEntry> {
  yield* entriesOf(redis, outboxKey(shard), {});
  for (const list of asideLists({ names })) {
    yield* entriesOf(redis, outboxAsideKey(shard, list), { list });
  }
}

async function* entriesOf(
  redis: Store,
  stream: string,
  of: Pick<StoredEntry, "list">,
): AsyncGenerator<StoredEntry> {
  for (let from = "-"; ; ) {
    const entries = await redis.xrange(stream, from, "+", "COUNT", AT_ONCE);
    for (const [id, flat] of entries) {
      const fields = new Map<string, string>();
      for (let at = 0; at < flat.length; at += 2) fields.set(flat[at] ?? "", flat[at + 1] ?? "");
      yield { ...of, id, field: (name) => fields.get(name) ?? "" };
    }
    const last = entries.at(-1)?.[0];
    if (last === undefined || entries.length < AT_ONCE) return;
    from = `(${last}`;
  }
}
