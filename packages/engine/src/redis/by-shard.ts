/**
 * Sends a batch of mixed jobs as one call for each shard, and returns the answers in the order of the batch. These
 * limits keep a call short, because Redis serves nothing else while a script runs.
 */
export const callLimits = { items: 64, bytes: 4 * 1024 * 1024 } as const;

/**
 * `shardOf` returns an item's shard, or undefined for an item that has none, whose result is `otherwise`. `sizeOf` is about
 * how many bytes an item adds to a call.
 */
export async function byShard<Item, Shard, Result>(
  items: readonly Item[],
  shardOf: (item: Item) => Shard | undefined,
  sizeOf: (item: Item) => number,
  call: (shard: Shard, items: readonly Item[]) => Promise<readonly Result[]>,
  otherwise: (item: Item) => Result,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const open = new Map<Shard, { indexes: number[]; bytes: number }>();
  const calls: Promise<void>[] = [];
  const send = async (shard: Shard, indexes: readonly number[]) => {
    const group = indexes.map((index) => items[index] as Item);
    const replies = await call(shard, group);
    if (replies.length !== group.length) {
      throw new Error(`a script returned ${replies.length} replies for ${group.length} items`);
    }
    indexes.forEach((index, i) => {
      results[index] = replies[i] as Result;
    });
  };
  items.forEach((item, index) => {
    const shard = shardOf(item);
    if (shard === undefined) {
      results[index] = otherwise(item);
      return;
    }
    const bytes = sizeOf(item);
    const group = open.get(shard);
    if (group === undefined) {
      open.set(shard, { indexes: [index], bytes });
    } else if (group.indexes.length < callLimits.items && group.bytes + bytes <= callLimits.bytes) {
      group.indexes.push(index);
      group.bytes += bytes;
    } else {
      calls.push(send(shard, group.indexes));
      open.set(shard, { indexes: [index], bytes });
    }
  });
  for (const [shard, group] of open) calls.push(send(shard, group.indexes));
  await Promise.all(calls);
  return results;
}
