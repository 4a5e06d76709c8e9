/** Compares the ends of jobs and groups with the events that arrived at the receiver. */
import type { Group, Job } from "@millrace/client";
import { type Clock, sleep } from "@millrace/shared";
import { isCalled } from "./callbacks.ts";
import type { Callers } from "./callers.ts";
import type { Ledger } from "./ledger.ts";
import type { Arrivals, Receiver } from "./receiver.ts";

/** The first request of an event is made at once. After a lost courier, it is made again when the lease has expired. */
const ARRIVES_MS = 60_000;
const LOOK_EVERY_MS = 500;
const MOST_NAMED = 20;

const finals: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]);

export interface EventBooks {
  readonly callers: Callers;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly receiver: Pick<Receiver, "arrived" | "called" | "wrong">;
}

/** The ends that an endpoint and callbacks must receive, as "subject type". */
interface Ends {
  readonly all: Set<string>;
  readonly called: Set<string>;
}

/** Enters the end of a job or group, if it has ended. */
function note(
  { all, called }: Ends,
  kind: "job" | "group",
  { id, state, callback }: Pick<Job | Group, "id" | "state" | "callback">,
): void {
  if (!finals.has(state)) return;
  const type = `${kind}.${state.toLowerCase()}`;
  all.add(`${id} ${type}`);
  if (isCalled(callback, type)) called.add(`${id} ${type}`);
}

/** Complains of each end that did not arrive, or arrived as two events, and of events that are no end. */
export async function compareEvents(
  stored: readonly Job[],
  queues: readonly string[],
  { callers, ledger, clock, receiver }: EventBooks,
): Promise<{ readonly called: number }> {
  const ends: Ends = { all: new Set(), called: new Set() };
  for (const job of stored) note(ends, "job", job);
  for await (const { group } of callers.listGroups(...queues)) {
    if (!group.parentJobId) note(ends, "group", group);
  }
  const areMissing = () =>
    missing(ends.all, receiver.arrived).length + missing(ends.called, receiver.called).length > 0;
  const untilMs = clock.nowMs() + ARRIVES_MS;
  while (areMissing() && clock.nowMs() < untilMs) await sleep(clock, LOOK_EVERY_MS);
  for (const what of [
    ...wrongArrivals("endpoint", ends.all, receiver.arrived),
    ...wrongArrivals("callback", ends.called, receiver.called),
    ...receiver.wrong.slice(0, MOST_NAMED),
  ]) {
    ledger.complain(what);
  }
  return { called: ends.called.size };
}

const missing = (ends: ReadonlySet<string>, arrived: Arrivals) =>
  [...ends].filter((end) => !arrived.has(end));

/** What is wrong with the events that arrived at a receiver, whose ends are `ends`. */
export function wrongArrivals(
  receiver: "endpoint" | "callback",
  ends: ReadonlySet<string>,
  arrived: Arrivals,
): readonly string[] {
  const wrong = missing(ends, arrived).map((end) => `no event of ${end}`);
  for (const [subject, ids] of arrived) {
    if (!ends.has(subject)) wrong.push(`an event of ${subject}, which is no end to tell`);
    else if (ids.size > 1) wrong.push(`${subject} arrived as ${[...ids].join(" and ")}`);
  }
  return wrong.slice(0, MOST_NAMED).map((what) => `${receiver}: ${what}`);
}
