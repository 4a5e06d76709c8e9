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
export const every = (round: () => Promise<void>, options: LoopOptions): Loop =>
  paced(async () => {
    await round();
    return options.everyMs;
  }, options);

/** As `every`. Each round returns the pause after it, which is `everyMs` at most. */
export function paced(round: () => Promise<number>, options: LoopOptions): Loop {
  const { clock, everyMs, onError } = options;
  const stop = new AbortController();
  const run = async () => {
    while (!stop.signal.aborted) {
      const pauseMs = await round().catch((error: unknown) => {
        onError(error);
        return everyMs;
      });
      await sleep(clock, Math.min(everyMs, pauseMs), stop.signal);
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
