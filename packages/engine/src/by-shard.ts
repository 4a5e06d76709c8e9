/**
 * Batches of mixed jobs, sent as one call for each shard and answered in the order they came. A call
 * is kept short, because Redis does nothing else while it runs.
 */
export interface ShardCallLimits {
  readonly items: number;
  readonly bytes: number;
}

export const callLimits: ShardCallLimits = { items: 256, bytes: 4 * 1024 * 1024 };

/**
 * `shardOf` names an item's shard, undefined for one that cannot have any: it gets `otherwise`.
 * `sizeOf` is what an item adds to a call, in bytes, roughly.
 */
export async function byShard<Item, Shard, Result>(
  items: readonly Item[],
  shardOf: (item: Item) => Promise<Shard | undefined>,
  sizeOf: (item: Item) => number,
  call: (shard: Shard, items: readonly Item[]) => Promise<readonly Result[]>,
  otherwise: (item: Item) => Result,
): Promise<Result[]> {
  const shards = await Promise.all(items.map(shardOf));
  const results = new Array<Result>(items.length);
  const groups = new Map<Shard, number[][]>();
  const bytes = new Map<Shard, number>();
  items.forEach((item, index) => {
    const shard = shards[index];
    if (shard === undefined) {
      results[index] = otherwise(item);
      return;
    }
    const calls = groups.get(shard) ?? [];
    groups.set(shard, calls);
    const size = (bytes.get(shard) ?? 0) + sizeOf(item);
    const last = calls.at(-1);
    if (last !== undefined && last.length < callLimits.items && size <= callLimits.bytes) {
      last.push(index);
      bytes.set(shard, size);
    } else {
      calls.push([index]);
      bytes.set(shard, sizeOf(item));
    }
  });
  await Promise.all(
    [...groups].flatMap(([shard, calls]) =>
      calls.map(async (indexes) => {
        const group = indexes.map((index) => items[index] as Item);
        const replies = await call(shard, group);
        if (replies.length !== group.length) {
          throw new Error(`${replies.length} replies for ${group.length} items`);
        }
        indexes.forEach((index, i) => {
          results[index] = replies[i] as Result;
        });
      }),
    ),
  );
  return results;
}
