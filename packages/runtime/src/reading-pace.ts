import { createLoopTurns } from "@millrace/shared";

/** How much of a stream is read before others have their turn: messages and, for each, what handling it costs at least. */
const READ_AT_ONCE_BYTES = 256 * 1024;
const MESSAGE_BYTES = 4 * 1024;

/**
 * Paces who reads a stream of messages: resolves before a message of so many bytes may be handled. Thousands of small ones
 * come in one piece, and reading them all would be one turn of the event loop.
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
