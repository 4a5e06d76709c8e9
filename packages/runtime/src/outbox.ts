/** A stream of responses for handlers that answer when something happens: the handler pushes the items. */
export interface Outbox<Item> extends AsyncIterable<Item> {
  /** Resolves once the item is taken or the outbox is closed. Await it to apply back-pressure. */
  push(item: Item): Promise<void>;
  /** Ends the stream after the pushed items. If an error is given, the stream then throws it. */
  end(error?: unknown): void;
  readonly closed: boolean;
  /** How many items are pushed and not taken. */
  readonly waiting: number;
}

/** Makes an outbox for one reader. When the reader stops, `closed` becomes true and further items are dropped. */
export function createOutbox<Item>(): Outbox<Item> {
  const items: { item: Item; taken: () => void }[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  let failure: { error: unknown } | undefined;

  const stop = () => {
    ended = true;
    for (const entry of items.splice(0)) entry.taken();
  };

  async function* read(): AsyncGenerator<Item> {
    try {
      for (;;) {
        const entry = items.shift();
        if (entry !== undefined) {
          entry.taken();
          yield entry.item;
        } else if (failure !== undefined) throw failure.error;
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      stop();
    }
  }

  const iterator = read();
  return {
    push(item) {
      if (ended) return Promise.resolve();
      return new Promise((taken) => {
        items.push({ item, taken });
        wake?.();
      });
    },
    end(error) {
      if (ended) return;
      ended = true;
      if (error !== undefined) failure = { error };
      wake?.();
    },
    get closed() {
      return ended;
    },
    get waiting() {
      return items.length;
    },
    [Symbol.asyncIterator]: () => ({
      next: () => iterator.next(),
      // A waiting generator cannot return until it is woken.
      return: () => {
        stop();
        wake?.();
        return iterator.return(undefined);
      },
    }),
  };
}
