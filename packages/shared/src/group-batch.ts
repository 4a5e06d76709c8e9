import { type Batcher, type BatchOptions, createBatcher } from "./batch.ts";

/**
 * Like createBatcher, for callers that add several items at once and want one answer for all of them. A group is
 * never divided. `maxItems` counts groups, `maxWeight` limits the sum of their items, and `flush` gets the items
 * of all groups in one list.
 */
export function createGroupBatcher<Item, Result>(
  options: BatchOptions<Item, Result>,
): Batcher<readonly Item[], readonly Result[]> {
  return createBatcher<readonly Item[], readonly Result[]>({
    ...options,
    weigh: (group) => group.reduce((sum, item) => sum + options.weigh(item), 0),
    async flush(groups) {
      const items = groups.flat();
      const results = await options.flush(items);
      if (results.length !== items.length) {
        throw new Error(`flush returned ${results.length} results for ${items.length} items`);
      }
      let from = 0;
      return groups.map(({ length }) => {
        from += length;
        return results.slice(from - length, from);
      });
    },
  });
}
