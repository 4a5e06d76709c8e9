import { createLoopTurns } from "@millrace/shared";

/** How much of a stream is read before other work gets its turn. Each message adds a minimum for handling it. */
const READ_AT_ONCE_BYTES = 256 * 1024;
const MESSAGE_BYTES = 4 * 1024;

/**
 * Makes a pace for reading a stream of messages. It resolves when a message of that many bytes may be handled. Thousands of
 * small messages may arrive in one piece, and reading all of them at once would block the event loop.
 */
export function createReadingPace(): (bytes: number) => Promise<void> | undefined {
  const nextTurn = createLoopTurns();
  let readBytes = 0;
  return (bytes) => {
    readBytes += bytes + MESSAGE_BYTES;
    if (readBytes <= READ_AT_ONCE_BYTES) return undefined;
    readBytes = bytes + MESSAGE_BYTES;
    return nextTurn();
  };
}
