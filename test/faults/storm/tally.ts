/** The results of a storm, summed over all of its rounds. */
import type { GoneCompared } from "./gone.ts";
import { type FaultKind, faultKinds } from "./plan.ts";

export interface FaultTally {
  count: number;
  /** The times from the end of a fault until the end of a job that was submitted then. */
  readonly recoveriesMs: number[];
}

export class Tally {
  rounds = 0;
  acknowledged = 0;
  ended = 0;
  /** How often jobs lost their worker. */
  stalls = 0;
  watches = 0;
  cuts = 0;
  faults = 0;
  startsFailed = 0;
  longestGapMs = 0;
  auditedJobs = 0;
  /** Jobs that the schedulers have repaired. `strays` counts those that were never acknowledged. */
  repaired = 0;
  strays = 0;
  /** Jobs of revoked keys. */
  unlisted = 0;
  /** Children of fan-outs, and jobs of groups whose creation was never answered. */
  untold = 0;
  fanOuts = 0;
  /** Jobs of schedules. */
  scheduled = 0;
  /** Ends of which callbacks were told. */
  called = 0;
  /** What the jobs cost. */
  spentMicros = 0;
  /** How the deliveries to the receivers that want no more have ended. */
  gone: GoneCompared = { delivered: 0, gone: 0, disabled: 0 };
  /** How many jobs of models have succeeded, by the account of the last attempt. */
  readonly routed = new Map<string, number>();
  /** How many groups have finished, with those of fan-outs, by state. */
  readonly groups = new Map<string, number>();
  readonly byKind = new Map<FaultKind, FaultTally>();
  /** How often calls failed, by code and reason. */
  readonly told = new Map<string, number>();
  /** Observations that break no promise but should be looked at. */
  readonly notes: string[] = [];
  /** Broken promises. */
  readonly wrong: string[] = [];

  fault(kind: FaultKind, recoveryMs: number): void {
    this.faults += 1;
    const ofKind = this.byKind.get(kind) ?? { count: 0, recoveriesMs: [] };
    this.byKind.set(kind, ofKind);
    ofKind.count += 1;
    ofKind.recoveriesMs.push(recoveryMs);
  }

  finish(state: string, groups: number): void {
    this.groups.set(state, (this.groups.get(state) ?? 0) + groups);
  }

  endpointGone({ delivered, gone, disabled }: GoneCompared): void {
    this.gone = {
      delivered: this.gone.delivered + delivered,
      gone: this.gone.gone + gone,
      disabled: this.gone.disabled + disabled,
    };
  }

  route(account: string, jobs: number): void {
    this.routed.set(account, (this.routed.get(account) ?? 0) + jobs);
  }

  tell(what: string, count: number): void {
    this.told.set(what, (this.told.get(what) ?? 0) + count);
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** Returns the value at this share of the sorted values. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Formats the report for people. */
export function reportOf(tally: Tally, seed: number, tookMs: number): string {
  const lines = [
    `seed ${seed}: ${tally.rounds} rounds in ${Math.round(tookMs / 60_000)} min`,
    `jobs         ${tally.acknowledged} acknowledged, ${tally.ended} ended, ${tally.auditedJobs} checked by the audit`,
    `repaired     ${tally.repaired} jobs by the schedulers, ${tally.strays} of which were never acknowledged`,
    `revoked      ${tally.unlisted} jobs of revoked keys, besides those above`,
    `groups       ${[...tally.groups].map(([state, count]) => `${count} ${state}`).join(", ")}; ${tally.fanOuts} of fan-outs`,
    `routed       ${[...tally.routed].map(([account, count]) => `${count} by ${account}`).join(", ")}`,
    `scheduled    ${tally.scheduled} jobs of schedules, one for each due time that was not skipped or missed`,
    `callbacks    ${tally.called} ends of jobs and groups that named a URL of their own`,
    `gone         ${tally.gone.delivered} events before the first 410, ${tally.gone.gone} answered 410, ${tally.gone.disabled} given up without a request`,
    `untold       ${tally.untold} jobs that workers handed over, or of groups whose creation was never answered`,
    `stalls       ${tally.stalls}: attempts that lost their worker`,
    `watches      ${tally.watches}, cut ${tally.cuts} times`,
    `faults       ${tally.faults}`,
    `longest      ${seconds(tally.longestGapMs)} in which no job ended`,
    "",
    "fault             count   recovered in: median   95 %   at most",
  ];
  for (const kind of faultKinds) {
    const ofKind = tally.byKind.get(kind);
    if (ofKind === undefined) continue;
    const times = [0.5, 0.95, 1].map((share) => seconds(quantile(ofKind.recoveriesMs, share)));
    lines.push(
      `${kind.padEnd(16)}${String(ofKind.count).padStart(7)}${(times[0] ?? "").padStart(22)}${(times[1] ?? "").padStart(8)}${(times[2] ?? "").padStart(9)}`,
    );
  }
  lines.push("", "failed calls of callers");
  for (const [what, count] of [...tally.told].toSorted(([, a], [, b]) => b - a)) {
    lines.push(`  ${String(count).padStart(8)}  ${what}`);
  }
  if (tally.startsFailed > 0)
    lines.push("", `${tally.startsFailed} starts failed and were repeated`);
  lines.push("", ...tally.notes.map((note) => `note: ${note}`));
  lines.push(...(tally.wrong.length === 0 ? ["no promise was broken"] : tally.wrong));
  return lines.join("\n");
}
