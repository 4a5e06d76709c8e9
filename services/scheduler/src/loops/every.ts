import { type Clock, sleep } from "@millrace/shared";

export interface Loop {
  /** Resolves when the round under way is over. */
  close(): Promise<void>;
}

export interface LoopOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Told of each round that failed; the loop goes on. */
  readonly onError: (error: unknown) => void;
}

/** Runs `round` now and `everyMs` after each round's end, so that rounds never overlap. */
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
