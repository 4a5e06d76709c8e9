/**
 * Compares what callers were told with what is stored: lists, counters, and the audit. It runs once no job moves
 * and the schedulers have repaired what a crash tore apart.
 */

import type { Job } from "@millrace/client";
import { ProviderState } from "@millrace/proto/admin-service";
import { SpendGrouping } from "@millrace/proto/spend";
import { type Clock, sleep, WEBHOOK_QUEUE } from "@millrace/shared";
import { compareEvents } from "./compare-events.ts";
import {
  type Books,
  compareGroups,
  type GroupsCompared,
  groupsFinished,
} from "./compare-groups.ts";
import type { GoneCompared, GoneEndpoint } from "./gone.ts";
import { DOCUMENTS_QUEUE, STORM_QUEUE } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import type { Operator } from "./operator.ts";
import type { Receiver } from "./receiver.ts";
import { auditWhenRepaired } from "./repaired.ts";
import type { StormSchedules } from "./schedules.ts";

/** Schedulers give back their share of a provider account at their next exchange with it, within this time. */
const GIVEN_BACK_MS = 60_000;
const EMPTY_MS = 60_000;
const LOOK_EVERY_MS = 500;
const DAY_MS = 86_400_000;

export interface Compared extends GroupsCompared {
  /** How many jobs the audit has checked. */
  readonly auditedJobs: number;
  /** How many jobs schedules have submitted. */
  readonly scheduled: number;
  /** How many ends callbacks were called for. */
  readonly called: number;
  readonly gone: GoneCompared;
  /** What the jobs cost. */
  readonly spentMicros: number;
}

type AllBooks = Books & {
  readonly receiver: Receiver;
  readonly schedules: StormSchedules;
  readonly gone: GoneEndpoint;
  /** Jobs that were submitted after `gone` had settled. */
  readonly laterIds: ReadonlySet<string>;
};

/** Enters all violations into the ledger. */
export async function compare(operator: Operator, books: AllBooks): Promise<Compared> {
  const { callers, ledger, clock } = books;
  await groupsFinished(callers, clock);
  await queuesEmpty(operator, clock);
  await auditWhenRepaired(operator, clock);
  const stored = [];
  for (const queue of [STORM_QUEUE, DOCUMENTS_QUEUE]) {
    for await (const job of callers.list(queue)) stored.push(job);
  }
  const scheduled = await books.schedules.compare(stored);
  const ofCallers = stored.filter(({ id }) => !scheduled.has(id));
  const compared = await compareGroups(ofCallers, books);
  ledger.compare(ofCallers, compared.untold);
  const { called } = await compareEvents(stored, [STORM_QUEUE, DOCUMENTS_QUEUE], books);
  const gone = await books.gone.compare(books.laterIds);
  // By now every end has its deliveries, which the audit counts too.
  const { findings, jobs } = await auditWhenRepaired(operator, clock);
  const deliveries = await compareQueues(operator, ledger);
  await compareAccounts(operator, ledger, clock);
  const spentMicros = await compareSpend(operator, stored, ledger, clock);
  for (const { invariant, subject, problem } of findings) {
    ledger.complain(`audit, invariant ${invariant}: ${subject} ${problem}`);
  }
  const auditedJobs = Number(jobs) - deliveries;
  return { ...compared, scheduled: scheduled.size, called, gone, auditedJobs, spentMicros };
}

/** Waits until the jobs that schedules have submitted have ended. What is left then is found by compareQueues. */
async function queuesEmpty(operator: Operator, clock: Clock): Promise<void> {
  const untilMs = clock.nowMs() + EMPTY_MS;
  while (clock.nowMs() < untilMs) {
    const { queues } = await operator.ask((admin) => admin.listQueues({}));
    const busy = queues.some(({ queue, stats }) => {
      const { queued, scheduled, running } = stats ?? {};
      return queue?.name !== WEBHOOK_QUEUE && (queued || scheduled || running);
    });
    if (!busy) return;
    await sleep(clock, LOOK_EVERY_MS);
  }
}

/** What is counted as spent must be the sum of what the jobs say that they cost: none has been removed. Returns that sum. */
async function compareSpend(
  operator: Operator,
  jobs: readonly Pick<Job, "usage">[],
  ledger: Ledger,
  clock: Clock,
): Promise<number> {
  const day = (ahead: number) =>
    new Date(clock.nowMs() + ahead * DAY_MS).toISOString().slice(0, 10);
  const groupBy = [SpendGrouping.ACCOUNT];
  const filter = { firstDay: day(-2), lastDay: day(2), groupBy };
  const { page } = await operator.ask((admin) => admin.listSpend({ filter }));
  const counted = (page?.rows ?? []).reduce((sum, row) => sum + Number(row.costMicros), 0);
  const spent = jobs.reduce((sum, { usage }) => sum + (usage?.costMicros ?? 0), 0);
  if (counted !== spent) ledger.complain(`${counted} micro-dollars are counted, of ${spent}`);
  return spent;
}

/** Returns how many deliveries of events are stored. Those that failed may still wait for a further attempt. */
async function compareQueues(operator: Operator, ledger: Ledger): Promise<number> {
  const { queues } = await operator.ask((admin) => admin.listQueues({}));
  let deliveries = 0;
  for (const { queue, stats } of queues) {
    const { queued, scheduled, running } = stats ?? {};
    if (queue?.name === WEBHOOK_QUEUE) {
      const { succeeded, failed } = stats ?? {};
      for (const count of [queued, scheduled, running, succeeded, failed]) {
        deliveries += Number(count ?? 0);
      }
      continue;
    }
    if (queued || scheduled || running) {
      ledger.complain(
        `${queue?.name}: ${queued} queued, ${scheduled} scheduled, ${running} running`,
      );
    }
  }
  return deliveries;
}

async function compareAccounts(operator: Operator, ledger: Ledger, clock: Clock): Promise<void> {
  const untilMs = clock.nowMs() + GIVEN_BACK_MS;
  for (;;) {
    const listed = await operator.ask((admin) => admin.listProviderAccounts({}));
    const { accounts } = listed;
    const taken = accounts.filter(({ running }) => running > 0);
    // The last job of the pool succeeded after every cool-down, so each account must be CLOSED.
    const paused = accounts.filter(({ state }) => state !== ProviderState.CLOSED);
    if (taken.length + paused.length === 0) return;
    if (clock.nowMs() > untilMs) {
      for (const { account, running } of taken) {
        ledger.complain(`${account?.name}: ${running} counted as running, but no job runs`);
      }
      for (const { account, state } of paused) {
        ledger.complain(
          `${account?.name} is ${ProviderState[state]}, but all of its jobs have ended`,
        );
      }
      return;
    }
    await sleep(clock, LOOK_EVERY_MS);
  }
}
