import type { Readable, Writable } from "node:stream";

/**
 * Resolves with the iterator's next result. Rejects with the signal's reason as soon as the signal aborts. Each wait adds its
 * own listener: a race with one long-lived promise would collect a reaction per message.
 */
export function nextOrAbort<Item>(
  iterator: AsyncIterator<Item>,
  signal: AbortSignal,
): Promise<IteratorResult<Item>> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = () => signal.removeEventListener("abort", onAbort);
    iterator.next().then(
      (result) => {
        settle();
        resolve(result);
      },
      (error) => {
        settle();
        reject(signal.aborted ? signal.reason : error);
      },
    );
  });
}

/**
 * Reads the messages of a duplex stream. Throws the signal's reason as soon as the signal aborts. This does not use the
 * stream's own iterator: when that ends, also by an error of ours, it destroys the stream with all that is still to be sent.
 */
export async function* messagesOf<Item>(
  stream: Readable,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  for (;;) {
    if (signal.aborted) throw signal.reason;
    const item = stream.read() as Item | null;
    if (item !== null) yield item;
    else if (stream.readableEnded || stream.destroyed) return;
    else await readable(stream, signal);
  }
}

/** Resolves when there is something to read, or the stream has ended. */
function readable(stream: Readable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      for (const event of ["readable", "end", "close"]) stream.off(event, onReadable);
      signal.removeEventListener("abort", onAbort);
    };
    const onReadable = () => {
      settle();
      resolve();
    };
    const onAbort = () => {
      settle();
      reject(signal.reason);
    };
    for (const event of ["readable", "end", "close"]) stream.on(event, onReadable);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Resolves when the stream can take more. Rejects with the signal's reason if the signal aborts first. */
export function drained(stream: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      stream.off("drain", onDrain);
      stream.off("close", onDrain);
      signal.removeEventListener("abort", onAbort);
    };
    const onDrain = () => {
      settle();
      resolve();
    };
    const onAbort = () => {
      settle();
      reject(signal.reason);
    };
    if (signal.aborted) return onAbort();
    stream.on("drain", onDrain);
    stream.on("close", onDrain);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Writes items only as fast as the stream takes them (back-pressure), so a slow reader stops the source. On abort it throws
 * the signal's reason. It then returns from the source but does not wait for that, because the source may be stuck.
 */
export async function writeAll<Item>(
  stream: Writable,
  items: AsyncIterable<Item>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nextOrAbort(iterator, signal);
      if (next.done === true) return;
      if (!stream.write(next.value)) await drained(stream, signal);
    }
  } finally {
    // After a normal end this has no effect. After an abort nobody waits for the source, so its error is dropped.
    iterator.return?.()?.catch(() => undefined);
  }
}
