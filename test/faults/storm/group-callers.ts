/**
 * The callers that create groups. Each of them creates the next group, adds children, closes or cancels the group,
 * and follows the group and all of its jobs to their ends.
 */
import { type Group, type GroupHandle, type Millrace, MillraceError } from "@millrace/client";
import { type Clock, sleep } from "@millrace/shared";
import { type Callers, describe } from "./callers.ts";
import { type GroupLedger, groupEnd } from "./group-ledger.ts";
import { finalizerNumber, hasEnded, type NumberedChild, type StormGroup } from "./groups.ts";
import { STORM_QUEUE, wrongEnd } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import { isTransient } from "./retry-transient.ts";

/** The label that names the call that created a group. */
export const CALL_LABEL = "storm-call";
const PAUSE_MS = 100;
const WAIT_MS = 120_000;

export interface GroupCallersOptions {
  readonly callers: Callers;
  readonly ledger: Ledger;
  readonly groups: GroupLedger;
  readonly seed: number;
  readonly clock: Clock;
}

export class GroupCallers {
  readonly #options: GroupCallersOptions;

  constructor(options: GroupCallersOptions) {
    this.#options = options;
  }

  /** Runs one group from its creation to the ends of its jobs, and enters every violation into the ledger. */
  async run(storm: StormGroup): Promise<void> {
    const { callers, ledger } = this.#options;
    try {
      await this.#run(storm);
    } catch (error) {
      ledger.complain(`group ${storm.n}: ${describe(error)}`);
    } finally {
      callers.doing.delete(storm.n);
    }
  }

  /** Cancels the groups whose creation was never answered. Resolves when they have finished. */
  async cancelUnused(): Promise<void> {
    const { callers, groups } = this.#options;
    for await (const { millrace, group } of callers.listGroups(STORM_QUEUE)) {
      if (!groups.lost.has(group.labels[CALL_LABEL] ?? "")) continue;
      if (!hasEnded(group)) await this.#cancel(millrace.group(group.id));
      await callers.retryTransient(() => millrace.group(group.id).done({ deadlineMs: WAIT_MS }));
    }
  }

  async #run(storm: StormGroup): Promise<void> {
    const { callers, groups, clock } = this.#options;
    callers.doing.set(storm.n, "creating a group");
    const millrace = callers.millrace(storm.key);
    const { handle, closed, refused } = await this.#create(millrace, storm);
    callers.doing.set(storm.n, handle.id);
    const cancelling = async () => {
      if (storm.cancelMs === undefined) return;
      await sleep(clock, storm.cancelMs);
      await this.#cancel(handle);
    };
    const joining = async () => {
      for (const children of [refused, ...storm.later]) await this.#join(handle, storm, children);
      if (!closed) await this.#unlessFinished(() => handle.close());
    };
    const following = this.#follow(handle, storm);
    await Promise.all([cancelling(), joining()]);
    const end = await following;
    groups.end(end);
    await this.#followJobs(millrace, storm, end);
  }

  /** Creates the group. A call whose answer is lost may have created a group too, so each call has its own label. */
  async #create(millrace: Millrace, storm: StormGroup) {
    const { callers, groups, ledger } = this.#options;
    const { n, group, first, later } = storm;
    let call = "";
    let calls = 0;
    const created = await callers.retryTransient(
      () => {
        calls += 1;
        call = `${n}.${calls}`;
        const jobs = first.map((one) => this.#jobOf(one, call));
        const labels = { [CALL_LABEL]: call };
        return millrace.createGroup({ ...group, labels }, jobs, { close: later.length === 0 });
      },
      () => groups.lost.add(call),
    );
    groups.acknowledge(created.id, storm);
    const refused = first.filter((one, i) => {
      const outcome = created.outcomes[i];
      if (outcome?.kind === "accepted") groups.acknowledgeChild(created.id, one.n, outcome.jobId);
      else if (isTransient(outcome?.error)) return true;
      else if (!isClosed(outcome?.error)) {
        ledger.complain(`${created.id}: child ${one.n}: ${describe(outcome?.error)}`);
      }
      return false;
    });
    return { handle: created, refused, closed: later.length === 0 && refused.length === 0 };
  }

  /** Adds children until each is accepted, or refused because the group is decided. */
  async #join(handle: GroupHandle, storm: StormGroup, children: readonly NumberedChild[]) {
    const { groups, ledger, clock } = this.#options;
    let left = children;
    while (left.length > 0) {
      const outcomes = await handle.submit(left.map((one) => this.#jobOf(one, String(storm.n))));
      left = left.filter((one, i) => {
        const outcome = outcomes[i];
        if (outcome?.kind === "accepted") groups.acknowledgeChild(handle.id, one.n, outcome.jobId);
        else if (isTransient(outcome?.error)) return true;
        else if (!isClosed(outcome?.error)) {
          ledger.complain(`${handle.id}: child ${one.n}: ${describe(outcome?.error)}`);
        }
        return false;
      });
      if (left.length > 0) await sleep(clock, PAUSE_MS);
    }
  }

  #jobOf({ n, child }: NumberedChild, call: string) {
    return { ...child, idempotencyKey: `child-${this.#options.seed}-${call}-${n}` };
  }

  /** Watches the group to its end, and compares each report with the one before. */
  async #follow(handle: GroupHandle, { group }: StormGroup): Promise<Group> {
    const { callers, ledger } = this.#options;
    let before: Group | undefined;
    return callers.retryTransient(async () => {
      for await (const now of handle.watch()) {
        const { maxInFlight = Number.POSITIVE_INFINITY } = group;
        if (now.progress.inFlight > maxInFlight) {
          ledger.complain(`${now.id}: ${now.progress.inFlight} in flight, of ${maxInFlight}`);
        }
        if (before !== undefined && endedOf(now) < endedOf(before)) {
          ledger.complain(`${now.id}: ${endedOf(before)} children had ended, now ${endedOf(now)}`);
        }
        if (before !== undefined && hasEnded(before) && groupEnd(before) !== groupEnd(now)) {
          ledger.complain(`${now.id} was ${groupEnd(before)}, and is ${groupEnd(now)}`);
        }
        before = now;
      }
      if (before === undefined) throw new Error("the watch ended before the group did");
      return before;
    });
  }

  /** Follows the finalizer and all children that were acknowledged to their ends. */
  async #followJobs(millrace: Millrace, storm: StormGroup, end: Group): Promise<void> {
    const { callers, groups, ledger } = this.#options;
    const { first, later } = storm;
    const planned = new Map([...first, ...later.flat()].map(({ n, child }) => [n, child]));
    if (end.finalizerJobId !== undefined) {
      ledger.acknowledge(finalizerNumber(storm.n), end.finalizerJobId);
    }
    const ids = [...(groups.lines.get(end.id)?.children ?? [])];
    for (const jobId of end.finalizerJobId === undefined ? ids : [...ids, end.finalizerJobId]) {
      callers.doing.set(storm.n, `${end.id}, ${jobId}`);
      const job = await callers.retryTransient(() => millrace.wait(jobId, { deadlineMs: WAIT_MS }));
      ledger.end(job);
      callers.stalls += job.stalls;
      const child = planned.get(ledger.numberOf(jobId) ?? 0);
      // Whether a child may be cancelled is a matter of its group: compare-groups.ts.
      const wrong = child && wrongEnd({ job: child, cancelMs: 0 }, job);
      if (wrong !== undefined) ledger.complain(`${jobId}: ${wrong}`);
    }
  }

  #cancel(handle: GroupHandle): Promise<void> {
    return this.#unlessFinished(() => handle.cancel());
  }

  /** Calls until the call succeeds or the group has finished, which is FAILED_PRECONDITION. */
  async #unlessFinished(call: () => Promise<unknown>): Promise<void> {
    try {
      await this.#options.callers.retryTransient(call);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== "FAILED_PRECONDITION") throw error;
    }
  }
}

const endedOf = ({ progress }: Group): number =>
  progress.succeeded + progress.failed + progress.cancelled + progress.expired + progress.removed;

const isClosed = (error: unknown): boolean =>
  error instanceof MillraceError && error.reason === "GROUP_CLOSED";
