import { setImmediate } from "node:timers/promises";

/**
 * Makes a function that resolves in a turn of the event loop of its own, in the order of the calls. For computations in
 * parts: with `setImmediate` alone, the parts of all that are under way run in the same turn, which takes as long as all
 * of them together. Others' input is read before it resolves: what is called while input is read has its first
 * `setImmediate` run in that same turn, and so there are two.
 */
export function createLoopTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => setImmediate()).then(() => setImmediate());
    return last;
  };
}
