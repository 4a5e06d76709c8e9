/** The limits of one group. A single item that weighs more than `maxWeight` still forms a group. */
export interface GroupLimits<Item> {
  readonly maxItems: number;
  readonly maxWeight: number;
  weigh(item: Item): number;
}

/** Returns how many of `items`, from index `from`, form the next group. At least one. */
export function groupLength<Item>(
  items: readonly Item[],
  from: number,
  { maxItems, maxWeight, weigh }: GroupLimits<Item>,
): number {
  let weight = 0;
  let length = 0;
  for (; from + length < items.length && length < maxItems; length += 1) {
    weight += weigh(items[from + length] as Item);
    if (weight > maxWeight && length > 0) break;
  }
  return length;
}

/** Cuts a list, in its order, into as few groups as the limits allow. */
export function* groups<Item>(
  items: readonly Item[],
  limits: GroupLimits<Item>,
): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; ) {
    const length = groupLength(items, from, limits);
    yield items.slice(from, from + length);
    from += length;
  }
}
