/** So long nothing may be done before a round is taken to be stuck: far longer than any job or pause. */
const STALL_MS = 30_000;
const LOOK_EVERY_MS = 500;

/** What became of a round. */
export interface Outcome {
  readonly jobs: number;
  /** Fewer than `jobs` where the round got stuck. */
  readonly done: number;
  /** From the last job that was done to now; 0 where all were. */
  readonly idleMs: number;
}

/** Counts a round's jobs as they are done, so that a round that gets stuck ends with what it has. */
export class Progress {
  #done = 0;
  #lastMs = performance.now();

  step(count = 1): void {
    this.#done += count;
    this.#lastMs = performance.now();
  }

  /** Resolves when `work` is done, or nothing has been for `stallMs`; rejects as `work` does. */
  async until(work: Promise<unknown>, jobs: number, stallMs = STALL_MS): Promise<Outcome> {
    const stuck = Promise.withResolvers<true>();
    const timer = setInterval(() => {
      if (performance.now() - this.#lastMs >= stallMs) stuck.resolve(true);
    }, LOOK_EVERY_MS);
    const isStuck = await Promise.race([work.then(() => false), stuck.promise]).finally(() =>
      clearInterval(timer),
    );
    if (!isStuck) return { jobs, done: jobs, idleMs: 0 };
    // What it still waits for has nobody who would hear of it.
    work.catch(() => undefined);
    return { jobs, done: this.#done, idleMs: performance.now() - this.#lastMs };
  }
}

/** Of several processes at the same jobs. */
export function together(outcomes: readonly Outcome[]): Outcome {
  return {
    jobs: Math.max(...outcomes.map(({ jobs }) => jobs)),
    done: Math.min(...outcomes.map(({ done }) => done)),
    idleMs: Math.min(...outcomes.map(({ idleMs }) => idleMs)),
  };
}

export const isStuck = ({ jobs, done }: Outcome): boolean => done < jobs;

/** To be printed beside the figures of a round that got stuck. */
export const stuckText = ({ jobs, done, idleMs }: Outcome): string =>
  `INCOMPLETE: ${done} of ${jobs} jobs, and then none for ${Math.round(idleMs / 1_000)} s; the figures are of those`;
