/** What was told against what there is, once nothing moves and what is torn is mended: lists, counters, and the audit. */
import { ProviderState } from "@millrace/proto/admin-service";
import { type Clock, sleep } from "@millrace/shared";
import type { Callers } from "./callers.ts";
import { DOCUMENTS_QUEUE, STORM_QUEUE } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import { auditWhenMended } from "./mended.ts";
import type { Admin, Operator } from "./operator.ts";

/** What schedulers hold of a provider account they give back at their next exchange with it. */
const GIVEN_BACK_MS = 60_000;
const LOOK_EVERY_MS = 500;

/** Complains to the ledger; returns how many jobs the audit has looked over. */
export async function compare(
  { rpc: admin }: Operator,
  callers: Callers,
  ledger: Ledger,
  clock: Clock,
): Promise<number> {
  const { findings, jobs } = await auditWhenMended(admin, clock);
  const stored = [];
  for (const queue of [STORM_QUEUE, DOCUMENTS_QUEUE]) {
    for await (const job of callers.list(queue)) stored.push(job);
  }
  ledger.compare(stored);
  await compareQueues(admin, ledger);
  await compareAccounts(admin, ledger, clock);
  for (const { invariant, subject, problem } of findings) {
    ledger.complain(`audit, invariant ${invariant}: ${subject} ${problem}`);
  }
  return Number(jobs);
}

async function compareQueues(admin: Admin, ledger: Ledger): Promise<void> {
  const { queues } = await admin.listQueues({});
  for (const { queue, stats } of queues) {
    const { queued, scheduled, running } = stats ?? {};
    if (queued || scheduled || running) {
      ledger.complain(
        `${queue?.name}: ${queued} queued, ${scheduled} scheduled, ${running} running`,
      );
    }
  }
}

async function compareAccounts(admin: Admin, ledger: Ledger, clock: Clock): Promise<void> {
  const untilMs = clock.nowMs() + GIVEN_BACK_MS;
  for (;;) {
    const { accounts } = await admin.listProviderAccounts({});
    const taken = accounts.filter(({ running }) => running > 0);
    // The last pooled job to end succeeded, and that after whatever pause there was.
    const paused = accounts.filter(({ state }) => state !== ProviderState.CLOSED);
    if (taken.length + paused.length === 0) return;
    if (clock.nowMs() > untilMs) {
      for (const { account, running } of taken) {
        ledger.complain(`${account?.name}: ${running} running, and nothing runs`);
      }
      for (const { account, state } of paused) {
        ledger.complain(
          `${account?.name} is ${ProviderState[state]}, and all of its jobs have ended`,
        );
      }
      return;
    }
    await sleep(clock, LOOK_EVERY_MS);
  }
}
