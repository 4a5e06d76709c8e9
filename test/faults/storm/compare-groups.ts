/**
 * Compares the groups that are stored with their jobs, with what finalizers and parents have read, and with what
 * callers were told. It runs once no job moves.
 */
import { isDeepStrictEqual } from "node:util";
import type { Group, GroupChild, Job, Millrace } from "@millrace/client";
import { type Clock, sleep } from "@millrace/shared";
import type { Callers } from "./callers.ts";
import { FAN_OUT_TYPE, type FanOutResult, type FanOutWork, type Given } from "./fan-outs.ts";
import { CALL_LABEL } from "./group-callers.ts";
import { type GroupLedger, groupEnd } from "./group-ledger.ts";
import { hasEnded, hasSucceeded, needed, type ReportResult } from "./groups.ts";
import { DOCUMENTS_QUEUE, STORM_QUEUE, wrongEnd } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";

/** Groups are looked at once a minute if nothing else has told that a child has ended. */
const FINISHED_MS = 120_000;
const LOOK_EVERY_MS = 500;
const AT_ONCE = 32;

/** A group with everything that is stored of it. */
export interface StoredGroup {
  readonly group: Group;
  /** The jobs that name the group as theirs. */
  readonly children: readonly Job[];
  /** The children as the group lists them. */
  readonly listed: readonly GroupChild[];
  /** The group's finalizer, or the job that fanned out. */
  readonly finalizer?: Job;
  readonly parent?: Job;
  /** Whether a caller has cancelled the group, or may have. */
  readonly cancelled: boolean;
}

export interface Books {
  readonly callers: Callers;
  readonly ledger: Ledger;
  readonly groups: GroupLedger;
  readonly clock: Clock;
}

export interface GroupsCompared {
  /** Jobs that no caller was told of: children of fan-outs, and jobs of groups that nobody uses. */
  readonly untold: ReadonlySet<string>;
  readonly groups: number;
  readonly fanOuts: number;
  readonly states: ReadonlyMap<string, number>;
}

/** Enters all violations of groups and fan-outs into the ledger. `jobs` are all that the callers' lists contain. */
export async function compareGroups(jobs: readonly Job[], books: Books): Promise<GroupsCompared> {
  const { callers, ledger, groups } = books;
  const untold = new Set<string>();
  const states = new Map<string, number>();
  const byGroup = Map.groupBy(jobs, ({ groupId }) => groupId ?? "");
  const listed = await Array.fromAsync(callers.listGroups(STORM_QUEUE, DOCUMENTS_QUEUE));
  const calls = new Set<string>();
  const check = async ({ millrace, group }: (typeof listed)[number]) => {
    const members = (byGroup.get(group.id) ?? []).map(({ id }) => id).sort();
    states.set(group.state, (states.get(group.state) ?? 0) + 1);
    const isUnused = compareLine(group, members, calls, books);
    if (isUnused && group.finalizerJobId !== undefined) untold.add(group.finalizerJobId);
    if (isUnused || group.parentJobId !== undefined) for (const id of members) untold.add(id);
    const cancelled = isUnused || groups.lines.get(group.id)?.storm.cancelMs !== undefined;
    const stored = await readGroup(millrace, group, members);
    for (const what of wrongGroup({ ...stored, cancelled })) {
      ledger.complain(`group ${group.id}: ${what}`);
    }
  };
  for (let from = 0; from < listed.length; from += AT_ONCE) {
    await Promise.all(listed.slice(from, from + AT_ONCE).map(check));
  }
  const ids = new Set(listed.map(({ group }) => group.id));
  for (const [id, members] of byGroup) {
    if (id !== "" && !ids.has(id)) {
      ledger.complain(`${members.length} jobs name the group ${id}, which is not listed`);
    }
  }
  for (const id of groups.lines.keys()) if (!ids.has(id)) ledger.complain(`lost: group ${id}`);
  const fanOuts = listed.filter(({ group }) => group.parentJobId !== undefined).length;
  return { untold, groups: listed.length - fanOuts, fanOuts, states };
}

/**
 * Compares a group with its line. A group without a line is a fan-out, or nobody uses it: the answer to the call that
 * created it was lost. Each call creates one group at most. Returns whether nobody uses the group.
 */
export function compareLine(
  group: Group,
  members: readonly string[],
  calls: Set<string>,
  { ledger, groups }: Pick<Books, "ledger" | "groups">,
): boolean {
  if (group.parentJobId !== undefined) return false;
  const call = group.labels[CALL_LABEL] ?? "";
  if (calls.has(call)) ledger.complain(`group ${group.id}: call ${call} created another one too`);
  calls.add(call);
  const line = groups.lines.get(group.id);
  if (line === undefined) {
    if (groups.lost.has(call)) return true;
    ledger.complain(`group ${group.id} was never acknowledged: call ${call}`);
    return false;
  }
  if (line.end !== groupEnd(group)) {
    ledger.complain(`group ${group.id} was reported as ${line.end}, and is ${groupEnd(group)}`);
  }
  const added = [...line.children].sort().join();
  if (added !== members.join()) {
    ledger.complain(`group ${group.id}: callers added ${added}, but it has ${members.join()}`);
  }
  return false;
}

async function readGroup(millrace: Millrace, group: Group, members: readonly string[]) {
  const read = (jobId: string | undefined) => (jobId === undefined ? [] : [millrace.getJob(jobId)]);
  const [finalizer] = await Promise.all(read(group.finalizerJobId));
  const [parent] = await Promise.all(read(group.parentJobId));
  return {
    group,
    children: await Promise.all(members.flatMap(read)),
    listed: await Array.fromAsync(millrace.group(group.id).children()),
    ...(finalizer === undefined ? {} : { finalizer }),
    ...(parent === undefined ? {} : { parent }),
  };
}

/** Resolves once all groups of all keys have finished, or once the time is over. */
export async function groupsFinished(callers: Callers, clock: Clock): Promise<void> {
  const untilMs = clock.nowMs() + FINISHED_MS;
  for (;;) {
    const listed = await Array.fromAsync(callers.listGroups(STORM_QUEUE, DOCUMENTS_QUEUE));
    if (listed.every(({ group }) => hasEnded(group)) || clock.nowMs() > untilMs) return;
    await sleep(clock, LOOK_EVERY_MS);
  }
}

/** Returns what is wrong with a group that must have finished. */
export function wrongGroup(stored: StoredGroup): string[] {
  const { group, children } = stored;
  if (!hasEnded(group)) return [`it is ${group.state}, but no job is left`];
  return [
    ...wrongCounts(stored),
    ...wrongState(stored),
    ...wrongList(stored),
    ...wrongFinalizer(stored),
    ...wrongParent(stored),
    ...children.flatMap((child) => {
      if (child.queue === DOCUMENTS_QUEUE) return [];
      const wrong = wrongEnd({ job: child as { payload: object }, cancelMs: 0 }, child);
      return wrong === undefined ? [] : [`${child.id}: ${wrong}`];
    }),
  ];
}

function* wrongCounts({ group: { progress }, children }: StoredGroup): Generator<string> {
  const count = (state: string) => children.filter((one) => one.state === state).length;
  const counted = {
    total: children.length,
    succeeded: count("SUCCEEDED"),
    failed: count("FAILED"),
    cancelled: count("CANCELLED"),
    expired: count("EXPIRED"),
    removed: 0,
    inFlight: 0,
  };
  if (!isDeepStrictEqual(progress, counted)) {
    yield `it counts ${JSON.stringify(progress)}, but its children are ${JSON.stringify(counted)}`;
  }
}

function* wrongState({ group, children, cancelled, parent }: StoredGroup): Generator<string> {
  const { state, rule } = group;
  const least = needed(rule, children.length);
  const succeeded = children.filter(hasSucceeded).length;
  const mayBeCancelled = cancelled || (parent !== undefined && !hasSucceeded(parent));
  if (state === "CANCELLED") {
    if (!mayBeCancelled) yield "it is CANCELLED, but nobody cancelled it";
    return;
  }
  if (state !== (succeeded >= least ? "SUCCEEDED" : "FAILED")) {
    yield `it is ${state}: ${succeeded} children have succeeded, and the rule needs ${least}`;
  }
  const stopped = children.filter((one) => one.state === "CANCELLED");
  const isDecidedEarly = state === "FAILED" || rule === "any";
  if (stopped.length > 0 && (!isDecidedEarly || group.keepSiblings) && !mayBeCancelled) {
    yield `${stopped.length} children are CANCELLED, but nobody cancelled them`;
  }
}

function* wrongList({ children, listed }: StoredGroup): Generator<string> {
  if (listed.some(({ index }, i) => index !== i + 1)) {
    yield `its list has the indexes ${listed.map(({ index }) => index).join()}`;
  }
  yield* wrongGiven("its list", listed.map(givenOfListed), children);
}

const givenOfListed = ({ index, jobId, state, result, failure }: GroupChild): Given => ({
  ...{ index, jobId, state, result },
  ...(failure === undefined ? {} : { reason: failure.reason }),
});

/** Compares what somebody read of the children with the children. Each must be named once, with its result. */
function* wrongGiven(
  who: string,
  given: readonly Given[],
  children: readonly Job[],
  { mayGoOn = false, mayMiss = false } = {},
): Generator<string> {
  const missing = new Map(children.map((child) => [child.id, child]));
  for (const { jobId, state, result, reason } of given) {
    const child = missing.get(jobId);
    if (!missing.delete(jobId) || child === undefined) {
      yield `${who} names ${jobId}, which is no child of it, or was named before`;
      continue;
    }
    if (!hasEnded({ state })) {
      if (!mayGoOn) yield `${who} names ${jobId} as ${state}`;
      continue;
    }
    const isSame = state === child.state && isDeepStrictEqual(result, child.result);
    if (!isSame || reason !== child.failure?.reason) {
      const [read, is] = [
        [state, reason, JSON.stringify(result)],
        [child.state, child.failure?.reason, JSON.stringify(child.result)],
      ];
      // A job that succeeded may keep the failure of an earlier attempt.
      if (!isSame || state !== "SUCCEEDED") {
        yield `${who} names ${jobId} as ${read.join(" ")}, but it is ${is.join(" ")}`;
      }
    }
  }
  // Children that were still to join when "any" was met are not named.
  if (missing.size > 0 && !mayMiss) yield `${who} leaves out ${[...missing.keys()].join()}`;
}

function* wrongFinalizer({ group, children, finalizer, parent }: StoredGroup): Generator<string> {
  if (finalizer === undefined) return;
  const { id, state, attempt, stalls, failure, outputOffset } = finalizer;
  const why = `${failure?.reason}: ${failure?.message}`;
  if (parent !== undefined) yield `it has the finalizer ${id} and a parent`;
  if (!hasSucceeded(group)) {
    const reason = group.state === "FAILED" ? "FAILED CHILDREN_FAILED" : "CANCELLED CANCELLED";
    const end = `${state} ${failure?.reason}`;
    if (end !== reason || attempt !== 0 || outputOffset !== 0) {
      yield `it is ${group.state}, but its finalizer ${id} is ${end} in attempt ${attempt}`;
    }
    return;
  }
  if (!hasSucceeded(finalizer)) {
    yield `it has succeeded, but its finalizer ${id} is ${state} ${why}`;
    return;
  }
  if (attempt > 1 + stalls)
    yield `${attempt} attempts of its finalizer, ${stalls} lost their worker, ${why}`;
  const { groupId, given } = finalizer.result as ReportResult;
  if (groupId !== group.id) yield `its finalizer ${id} has read the group ${groupId}`;
  const isAny = group.rule === "any";
  yield* wrongGiven(`its finalizer ${id}`, given, children, { mayGoOn: isAny, mayMiss: isAny });
}

function* wrongParent({ group, children, listed, parent }: StoredGroup): Generator<string> {
  // What the shipped workers hand over, and what their results hold, is their own.
  if (parent === undefined || parent.queue === DOCUMENTS_QUEUE) return;
  const ordinal = parent.childGroupIds.indexOf(group.id);
  const parts = (parent.payload as FanOutWork).fanOuts[ordinal]?.parts;
  if (parent.type !== FAN_OUT_TYPE || parts === undefined) {
    yield `it is no fan-out of ${parent.id}`;
    return;
  }
  const byId = new Map(children.map((child) => [child.id, child]));
  for (const { index, jobId } of listed) {
    const [planned, n] = [parts[index - 1]?.payload.n, numberOf(byId.get(jobId))];
    if (planned !== n) yield `child ${index} of the fan-out is ${n} in place of ${planned}`;
  }
  if (!hasSucceeded(parent)) return;
  const told = (parent.result as FanOutResult).fanOuts[ordinal];
  if (told?.met !== hasSucceeded(group)) yield `${parent.id} was told ${told?.met}: ${group.state}`;
  const mayGoOn = group.rule === "any";
  yield* wrongGiven(`its parent ${parent.id}`, told?.given ?? [], children, { mayGoOn });
}

const numberOf = (job: Job | undefined) => (job?.payload as { readonly n?: number } | undefined)?.n;
