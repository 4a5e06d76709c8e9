import { setImmediate } from "node:timers/promises";

/**
 * Makes a function that resolves in its own turn of the event loop, in the order of the calls. It is for
 * computations in parts. With `setImmediate` alone, the parts of all computations would run in the same turn,
 * which then takes as long as all of them together. The function waits for two immediates, so that other input is
 * read first. If it is called while input is read, its first immediate still runs in that same turn.
 */
export function createLoopTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => setImmediate()).then(() => setImmediate());
    return last;
  };
}
