/** A round counts as stuck if no job is done for this long. It is far longer than any job or pause. */
const STALL_MS = 30_000;
const LOOK_EVERY_MS = 500;

/** The result of a round. */
export interface Outcome {
  readonly jobs: number;
  /** Less than `jobs` if the round got stuck. */
  readonly done: number;
  /** The time since the last job was done. 0 if all were done. */
  readonly idleMs: number;
}

/** Counts the jobs of a round as they are done, so that a round that gets stuck still has a result. */
export class Progress {
  #done = 0;
  #lastMs = performance.now();

  step(count = 1): void {
    this.#done += count;
    this.#lastMs = performance.now();
  }

  /** Resolves when `work` is done, or when no job has been done for `stallMs`. Rejects if `work` rejects. */
  async until(work: Promise<unknown>, jobs: number, stallMs = STALL_MS): Promise<Outcome> {
    const stuck = Promise.withResolvers<true>();
    const timer = setInterval(() => {
      if (performance.now() - this.#lastMs >= stallMs) stuck.resolve(true);
    }, LOOK_EVERY_MS);
    const isStuck = await Promise.race([work.then(() => false), stuck.promise]).finally(() =>
      clearInterval(timer),
    );
    if (!isStuck) return { jobs, done: jobs, idleMs: 0 };
    // Nobody waits for the rest of `work`, so its rejection is ignored.
    work.catch(() => undefined);
    return { jobs, done: this.#done, idleMs: performance.now() - this.#lastMs };
  }
}

/** Joins the outcomes of several processes that work on the same jobs. */
export function together(outcomes: readonly Outcome[]): Outcome {
  return {
    jobs: Math.max(...outcomes.map(({ jobs }) => jobs)),
    done: Math.min(...outcomes.map(({ done }) => done)),
    idleMs: Math.min(...outcomes.map(({ idleMs }) => idleMs)),
  };
}

export const isStuck = ({ jobs, done }: Outcome): boolean => done < jobs;

/** A note for the figures of a round that got stuck. */
export const stuckText = ({ jobs, done, idleMs }: Outcome): string =>
  `INCOMPLETE: ${done} of ${jobs} jobs were done, and then none for ${Math.round(idleMs / 1_000)} s; the figures are of the done jobs`;
