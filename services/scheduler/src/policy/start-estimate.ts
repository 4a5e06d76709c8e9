/** What is known of a waiting job's place in its queue. */
export interface WaitPlace {
  readonly nowMs: number;
  /** When each constraint on the job clears by itself; undefined if that depends on others. */
  readonly clearsMs: readonly (number | undefined)[];
  /** How many jobs of the job's own lane come before it. */
  readonly aheadInLane: number;
  /** How many lanes take turns with the job's lane, its own included. */
  readonly lanes: number;
  /** How many jobs of the job's band and pool were leased lately; undefined if none were. */
  readonly leased: { readonly jobs: number; readonly sinceMs: number } | undefined;
}

export interface StartEstimate {
  readonly startMs?: number;
  /** For people: what the estimate is based on, or why there is none. */
  readonly basis: string;
}

/**
 * Estimates when a job will start. First all constraints on it must clear. Then its turn comes, at the rate at which jobs
 * of its band and pool were leased lately. Lanes take turns, so for each job before it in its own lane, all lanes have one
 * turn. Returns no time if it could only guess.
 */
export function estimateStart(place: WaitPlace): StartEstimate {
  const { nowMs, clearsMs, aheadInLane, leased } = place;
  const lanes = Math.max(1, place.lanes);
  if (clearsMs.includes(undefined)) {
    return {
      basis: "the job waits for other jobs or for an operator, so its start cannot be estimated",
    };
  }
  const clearMs = Math.max(nowMs, ...clearsMs.map((ms) => ms ?? nowMs));
  const turns = (aheadInLane + 1) * lanes;
  if (leased === undefined) {
    return clearMs > nowMs && aheadInLane === 0
      ? {
          startMs: clearMs,
          basis:
            "the time at which its constraints clear; no job of its band and pool was leased in the last minute",
        }
      : {
          basis:
            "no job of its band and pool was leased in the last minute, so its start cannot be estimated",
        };
  }
  const perSecond = (leased.jobs * 1_000) / Math.max(1_000, nowMs - leased.sinceMs);
  const lanesText = lanes === 1 ? "1 lane takes turns" : `${lanes} lanes take turns`;
  return {
    startMs: Math.round(clearMs + (turns / perSecond) * 1_000),
    basis:
      `${perSecond.toFixed(perSecond < 10 ? 2 : 0)} jobs per second of its band and pool were leased lately; ` +
      `${lanesText}, and ${aheadInLane} ${aheadInLane === 1 ? "job" : "jobs"} of its own lane ${aheadInLane === 1 ? "comes" : "come"} first`,
  };
}
