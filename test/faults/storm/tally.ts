/** What a storm has come to, over all of its rounds. */
import { type FaultKind, faultKinds } from "./plan.ts";

export interface FaultTally {
  count: number;
  /** From when the fault was undone until a job that was submitted then had ended. */
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
  /** Jobs that the schedulers' duty has mended, and how many of them nobody had been told of. */
  mended = 0;
  strays = 0;
  /** Jobs of keys that were revoked. */
  unlisted = 0;
  readonly byKind = new Map<FaultKind, FaultTally>();
  /** How often callers were told what. */
  readonly told = new Map<string, number>();
  /** Not against any promise, and worth a look. */
  readonly notes: string[] = [];
  /** Against a promise. */
  readonly wrong: string[] = [];

  fault(kind: FaultKind, recoveryMs: number): void {
    this.faults += 1;
    const of = this.byKind.get(kind) ?? { count: 0, recoveriesMs: [] };
    this.byKind.set(kind, of);
    of.count += 1;
    of.recoveriesMs.push(recoveryMs);
  }

  tell(what: string, count: number): void {
    this.told.set(what, (this.told.get(what) ?? 0) + count);
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** The share of the sorted values that is not above this one. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** The report, for people. */
export function reportOf(tally: Tally, seed: number, tookMs: number): string {
  const lines = [
    `seed ${seed}: ${tally.rounds} rounds in ${Math.round(tookMs / 60_000)} min`,
    `jobs         ${tally.acknowledged} acknowledged, ${tally.ended} ended, ${tally.auditedJobs} looked over by the audit`,
    `mended       ${tally.mended} jobs by the schedulers, ${tally.strays} of which nobody had been told of`,
    `revoked      ${tally.unlisted} jobs of keys that were revoked, beside those above`,
    `stalls       ${tally.stalls}: attempts that lost their worker`,
    `watches      ${tally.watches}, cut ${tally.cuts} times`,
    `faults       ${tally.faults}`,
    `longest      ${seconds(tally.longestGapMs)} in which no job ended`,
    "",
    "fault             count   recovered in: median   95 %   at most",
  ];
  for (const kind of faultKinds) {
    const of = tally.byKind.get(kind);
    if (of === undefined) continue;
    const times = [0.5, 0.95, 1].map((share) => seconds(quantile(of.recoveriesMs, share)));
    lines.push(
      `${kind.padEnd(16)}${String(of.count).padStart(7)}${(times[0] ?? "").padStart(22)}${(times[1] ?? "").padStart(8)}${(times[2] ?? "").padStart(9)}`,
    );
  }
  lines.push("", "callers were told");
  for (const [what, count] of [...tally.told].toSorted(([, a], [, b]) => b - a)) {
    lines.push(`  ${String(count).padStart(8)}  ${what}`);
  }
  if (tally.startsFailed > 0)
    lines.push("", `${tally.startsFailed} starts failed and were repeated`);
  lines.push("", ...tally.notes.map((note) => `note: ${note}`));
  lines.push(...(tally.wrong.length === 0 ? ["nothing is wrong"] : tally.wrong));
  return lines.join("\n");
}
