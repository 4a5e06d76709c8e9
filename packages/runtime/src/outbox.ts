/** A stream of responses that is pushed to, for handlers that answer when something happens. */
export interface Outbox<Item> extends AsyncIterable<Item> {
  /** Resolves once the item is taken, or the outbox is closed: await it to honour back-pressure. */
  push(item: Item): Promise<void>;
  /** Ends the stream after what was pushed. With an error, the stream ends by throwing it. */
  end(error?: unknown): void;
  readonly closed: boolean;
  /** Items pushed and not yet taken. */
  readonly waiting: number;
}

/** For one reader. When the reader stops, `closed` turns true and pushes are dropped. */
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
      // A generator that waits cannot be returned from until it is woken.
      return: () => {
        stop();
        wake?.();
        return iterator.return(undefined);
      },
    }),
  };
}
