import type { Readable, Writable } from "node:stream";

/**
 * The iterator's next result, or a throw of the signal's reason as soon as it aborts.
 * One listener per wait: racing one long-lived promise would gather a reaction per message.
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
 * The messages of a duplex stream; throws the signal's reason as soon as it aborts. Not the stream's
 * own iterator: that one destroys the stream when it ends, also by the error with which we answer, and
 * with it all that is yet to be sent.
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

/** Resolves when there is something to read, or the end. */
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

/** Resolves when the stream takes more; throws the signal's reason if it aborts first. */
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
 * Writes items as fast as the stream takes them; a slow reader stops the source. On abort the
 * source is returned from (not waited for: it may be stuck) and the signal's reason is thrown.
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
    // After a normal end this does nothing; what a stopped source throws has nobody to hear it.
    iterator.return?.()?.catch(() => undefined);
  }
}
