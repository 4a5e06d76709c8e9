/** What is known of the queue that a job waits in. */
export interface WaitPlace {
  readonly nowMs: number;
  /** When each thing that holds the job clears by itself; undefined where that depends on others. */
  readonly clearsMs: readonly (number | undefined)[];
  /** How many jobs of its own lane are before it. */
  readonly aheadInLane: number;
  /** How many lanes share its turn. */
  readonly lanes: number;
  /** What was leased lately of its band and pool; undefined: nothing. */
  readonly leased: { readonly jobs: number; readonly sinceMs: number } | undefined;
}

export interface StartEstimate {
  readonly startMs?: number;
  /** For people: what it rests on, or why there is none. */
  readonly basis: string;
}

/**
 * When a job will start, as far as can be told: once what holds it has cleared, and then after its turn,
 * at the rate at which jobs of its band and pool were leased lately. Lanes take turns, so before it come
 * as many rounds of all lanes as there are jobs before it in its own. It says nothing where it would be a
 * guess.
 */
export function estimateStart(place: WaitPlace): StartEstimate {
  const { nowMs, clearsMs, aheadInLane, leased } = place;
  const lanes = Math.max(1, place.lanes);
  if (clearsMs.includes(undefined)) {
    return { basis: "it waits for others, or for an operator: there is nothing to go by" };
  }
  const clearMs = Math.max(nowMs, ...clearsMs.map((ms) => ms ?? nowMs));
  const turns = (aheadInLane + 1) * lanes;
  if (leased === undefined) {
    return clearMs > nowMs && aheadInLane === 0
      ? {
          startMs: clearMs,
          basis:
            "when what holds it clears; nothing of its band and pool was leased in the last minute",
        }
      : {
          basis:
            "nothing of its band and pool was leased in the last minute: there is no rate to go by",
        };
  }
  const perSecond = (leased.jobs * 1_000) / Math.max(1_000, nowMs - leased.sinceMs);
  const lanesText = lanes === 1 ? "1 lane takes turns" : `${lanes} lanes take turns`;
  return {
    startMs: Math.round(clearMs + (turns / perSecond) * 1_000),
    basis:
      `${perSecond.toFixed(perSecond < 10 ? 2 : 0)} jobs a second of its band and pool were leased lately; ` +
      `${lanesText}, and ${aheadInLane} of its own jobs ${aheadInLane === 1 ? "is" : "are"} before it`,
  };
}
