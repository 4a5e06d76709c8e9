/** Compares the ends of jobs and groups with the events that arrived at the receiver. */
import type { Job } from "@millrace/client";
import { type Clock, sleep } from "@millrace/shared";
import type { Callers } from "./callers.ts";
import type { Ledger } from "./ledger.ts";
import type { Receiver } from "./receiver.ts";

/** The first request of an event is made at once. After a lost courier, it is made again when the lease has expired. */
const ARRIVES_MS = 60_000;
const LOOK_EVERY_MS = 500;
const MOST_NAMED = 20;

const finals: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]);

export interface EventBooks {
  readonly callers: Callers;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly receiver: Receiver;
}

/** Complains of each end that did not arrive, or arrived as two events, and of events that are no end. */
export async function compareEvents(
  stored: readonly Job[],
  queues: readonly string[],
  { callers, ledger, clock, receiver }: EventBooks,
): Promise<void> {
  const ends = new Set(
    stored
      .filter(({ state }) => finals.has(state))
      .map(({ id, state }) => `${id} job.${state.toLowerCase()}`),
  );
  for await (const { group } of callers.listGroups(...queues)) {
    if (!finals.has(group.state) || group.parentJobId) continue;
    ends.add(`${group.id} group.${group.state.toLowerCase()}`);
  }
  const missing = () => [...ends].filter((end) => !receiver.arrived.has(end));
  const untilMs = clock.nowMs() + ARRIVES_MS;
  while (missing().length > 0 && clock.nowMs() < untilMs) await sleep(clock, LOOK_EVERY_MS);
  for (const end of missing().slice(0, MOST_NAMED)) ledger.complain(`no event of ${end}`);
  for (const [subject, ids] of receiver.arrived) {
    if (!ends.has(subject)) ledger.complain(`an event of ${subject}, which is no end`);
    else if (ids.size > 1) ledger.complain(`${subject} arrived as ${[...ids].join(" and ")}`);
  }
  for (const what of receiver.wrong.slice(0, MOST_NAMED)) ledger.complain(what);
}
