import type { Clock } from "@millrace/shared";

/**
 * Passes the items through, and yields `beat` after each `everyMs` without an item. An early return does not wait for
 * the source.
 */
export async function* withHeartbeat<Item>(
  items: AsyncIterable<Item>,
  beat: Item,
  { clock, everyMs }: { readonly clock: Clock; readonly everyMs: number },
): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(); ; ) {
      const quiet = Promise.withResolvers<undefined>();
      const timer = clock.after(everyMs, () => quiet.resolve(undefined));
      const item = await Promise.race([next, quiet.promise]).finally(() => timer.cancel());
      if (item === undefined) yield beat;
      else if (item.done === true) return;
      else {
        yield item.value;
        next = iterator.next();
      }
    }
  } finally {
    iterator.return?.()?.catch(() => undefined);
  }
}
