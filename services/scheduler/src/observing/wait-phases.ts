import type { ConstraintKind, Hold, LastEnd } from "@millrace/engine";
import { spanNames } from "@millrace/telemetry";

/** What is known of a job that has waited. */
export interface WaitFacts {
  readonly submittedAtMs: number;
  readonly runAtMs?: number | undefined;
  /** When it could run again after its last attempt, or had room in its group. */
  readonly dueAgainMs?: number | undefined;
  readonly lastEnd?: LastEnd | undefined;
  /** Whether it finalizes a group. */
  readonly isFinalizer: boolean;
}

export interface Phase {
  readonly name: (typeof spanNames)[keyof typeof spanNames];
  readonly startMs: number;
  readonly endMs: number;
  /** What holds a job in this phase by definition. */
  readonly heldBy?: ConstraintKind;
}

/**
 * Splits the time that a job waited, until an attempt started or the job ended, into phases without gaps: what had to pass
 * before it could run, and then its wait in the lane. Phases of no length are left out, except the wait in the lane.
 */
export function waitPhases(facts: WaitFacts, nowMs: number): readonly Phase[] {
  const { submittedAtMs, dueAgainMs, lastEnd } = facts;
  const runAtMs = Math.max(facts.runAtMs ?? 0, submittedAtMs);
  if (lastEnd !== undefined) {
    const before =
      lastEnd.kind === "wait"
        ? ({ name: spanNames.childrenWait, heldBy: "CHILDREN" } as const)
        : ({ name: spanNames.backoff, heldBy: "SCHEDULED" } as const);
    return phases({ ...before, startMs: lastEnd.atMs, endMs: dueAgainMs ?? lastEnd.atMs }, nowMs);
  }
  if (dueAgainMs !== undefined) {
    const before = facts.isFinalizer
      ? ({ name: spanNames.childrenWait, heldBy: "CHILDREN" } as const)
      : ({ name: spanNames.roomWait, heldBy: "GROUP_IN_FLIGHT" } as const);
    return phases({ ...before, startMs: submittedAtMs, endMs: dueAgainMs }, nowMs);
  }
  const before = { name: spanNames.scheduled, heldBy: "SCHEDULED" } as const;
  return phases({ ...before, startMs: submittedAtMs, endMs: runAtMs }, nowMs);
}

/** The clocks of replicas differ a little, so no phase ends after `nowMs` or before it starts. */
function phases(before: Phase, nowMs: number): Phase[] {
  const startMs = Math.min(before.startMs, nowMs);
  const dueMs = Math.max(startMs, Math.min(before.endMs, nowMs));
  const early = dueMs > startMs ? [{ ...before, startMs, endMs: dueMs }] : [];
  // The job ended before it could run.
  if (early.length > 0 && before.endMs > nowMs) return early;
  return [...early, { name: spanNames.queueWait, startMs: dueMs, endMs: nowMs }];
}

/** A shorter time without a constraint is the usual time that a lease takes. */
const SHORT_MS = 100;

export interface HeldTime {
  readonly kind: ConstraintKind;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What held a job during a phase, in order. Where nothing that was recorded held it, no worker was free: none was
 * connected, or all had other jobs.
 */
export function heldTimes(phase: Phase, holds: readonly Hold[]): readonly HeldTime[] {
  const { startMs, endMs, heldBy } = phase;
  if (heldBy !== undefined) return [{ kind: heldBy, fromMs: startMs, toMs: endMs }];
  const held = holds
    .map(({ kind, fromMs, toMs = endMs }) => ({
      kind,
      fromMs: Math.max(fromMs, startMs),
      toMs: Math.min(toMs, endMs),
    }))
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .sort((a, b) => a.fromMs - b.fromMs);
  const found: HeldTime[] = [];
  let atMs = startMs;
  for (const one of [...held, undefined]) {
    const nextMs = one?.fromMs ?? endMs;
    if (nextMs - atMs >= SHORT_MS) {
      found.push({ kind: "NO_FREE_WORKER", fromMs: atMs, toMs: nextMs });
    }
    if (one === undefined) break;
    found.push(one);
    atMs = Math.max(atMs, one.toMs);
  }
  return found;
}
