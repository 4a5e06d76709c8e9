import { type Clock, sleep } from "./clock.ts";

export interface Loop {
  /** Stops the loop. Resolves when the current round has ended. */
  close(): Promise<void>;
}

export interface LoopOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Called with the error of each failed round. The loop goes on. */
  readonly onError: (error: unknown) => void;
}

/** Runs `round` now, and again `everyMs` after the end of each round, so that rounds never overlap. */
export function every(round: () => Promise<void>, options: LoopOptions): Loop {
  const stop = new AbortController();
  const run = async () => {
    while (!stop.signal.aborted) {
      await round().catch(options.onError);
      await sleep(options.clock, options.everyMs, stop.signal);
    }
  };
  const running = run();
  return {
    close() {
      stop.abort();
      return running;
    },
  };
}
