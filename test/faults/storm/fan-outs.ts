/** The jobs of a storm that fan out: what they hand over, and the results that they may have. */
import type { Job } from "@millrace/client";
import type { Random } from "@millrace/shared";
import type { ChildResult, FanOutOptions } from "@millrace/worker-sdk";
import { piece, type Work } from "./work.ts";

/** The type of jobs that fan out. Every storm worker has its executor. */
export const FAN_OUT_TYPE = "divide";

export interface Part {
  readonly type: string;
  readonly payload: Work | FanOutWork;
}

/** One fan-out: the parts that the job hands over. */
export interface PlannedFanOut extends Pick<FanOutOptions, "maxInFlight" | "keepSiblings"> {
  readonly rule: "all" | "any" | number;
  readonly parts: readonly Part[];
}

/** The payload of a job that fans out, once or twice. */
export interface FanOutWork {
  readonly n: number;
  readonly fanOuts: readonly PlannedFanOut[];
}

/** What an executor has read of one child. */
export interface Given extends Pick<ChildResult, "index" | "jobId" | "state" | "result"> {
  readonly reason?: string;
}

export interface FanOutGiven {
  readonly groupId: string;
  readonly met: boolean;
  readonly given: readonly Given[];
}

/** The result of a job that fans out. */
export interface FanOutResult {
  readonly text: string;
  readonly fanOuts: readonly FanOutGiven[];
}

export const givenOf = ({ index, jobId, state, result, failure }: ChildResult): Given => ({
  ...{ index, jobId, state },
  ...(result === undefined ? {} : { result }),
  ...(failure === undefined ? {} : { reason: failure.reason }),
});

const RULES = ["all", "all", "any", 60] as const;
export const pick = <T>(random: Random, from: readonly [T, ...T[]]): T =>
  from[Math.floor(random.next() * from.length)] ?? from[0];

/** How many numbers a job takes for its parts, and each of its parts for theirs. */
const MOST_PARTS = 16;

/** Draws a job that fans out. `n` times MOST_PARTS, and the numbers after that, belong to its parts. */
export function fanOutWork(random: Random, n: number, depth = 0): FanOutWork {
  let made = 0;
  const part = (): Part => {
    made += 1;
    const number = n * MOST_PARTS + made;
    if (depth === 0 && random.next() < 0.08) {
      return { type: FAN_OUT_TYPE, payload: fanOutWork(random, number, depth + 1) };
    }
    return { type: "work", payload: partWork(random, number) };
  };
  const planned = (): PlannedFanOut => ({
    rule: pick(random, RULES),
    ...(random.next() < 0.3 ? { maxInFlight: 2 } : {}),
    ...(random.next() < 0.3 ? { keepSiblings: true } : {}),
    parts: Array.from({ length: 2 + Math.floor(random.next() * 4) }, part),
  });
  return { n, fanOuts: Array.from({ length: random.next() < 0.3 ? 2 : 1 }, planned) };
}

/** Draws a child: some fail for good, some take long, and some need a second attempt. */
export function partWork(random: Random, n: number): Work {
  const drawn = random.next();
  return {
    ...{ n, pieces: 1 + Math.floor(random.next() * 3) },
    pauseMs: drawn < 0.1 ? 300 : Math.floor(random.next() * 5),
    fatal: drawn > 0.93,
    failures: drawn > 0.88 && drawn <= 0.93 ? 1 : 0,
  };
}

/** Returns the text of a job that fans out: what its last run has written. */
export const fanOutText = (n: number, attempt: number, pid: number): string =>
  [0, 1].map((i) => piece(n, attempt, pid, i)).join("");

/** Returns what is wrong with the result of a job that fans out and succeeded, or undefined. */
export function wrongFanOut({ n, fanOuts }: FanOutWork, end: Job): string | undefined {
  const { text, fanOuts: given } = end.result as FanOutResult;
  if (end.attempt > 1 + end.stalls) {
    const { attempt, stalls, failure } = end;
    return `${attempt} attempts, but ${stalls} lost their worker: ${failure?.reason} ${failure?.message}`;
  }
  const pid = Number(text.split("/")[2]);
  if (text !== fanOutText(n, end.attempt, pid)) {
    return `attempt ${end.attempt} with the text ${text}`;
  }
  const [ids, stored] = [given.map(({ groupId }) => groupId), end.childGroupIds];
  if (given.length !== fanOuts.length || ids.join() !== stored.join()) {
    return `its result names ${ids.join()}, but its groups are ${stored.join()}`;
  }
  for (const [i, { parts }] of fanOuts.entries()) {
    const indexes = given[i]?.given.map(({ index }) => index).join();
    if (indexes !== parts.map((_, at) => at + 1).join()) {
      return `fan-out ${i + 1} has ${parts.length} children, but gave ${indexes}`;
    }
  }
  return undefined;
}
