/** When constraints held jobs that are leased now. Only traces need these times. */
import type { ConstraintKind } from "../lanes/contract.ts";
import type { Hold, Lease } from "./contract.ts";

/** Parses what key_holds.of returns: "KIND from_ms to_ms;" for each time. */
export const keyHolds = (text: string | null | undefined): Hold[] =>
  (text ?? "").split(";").flatMap((entry) => {
    const [kind, from, to] = entry.split(" ");
    if (kind === undefined || from === undefined) return [];
    const until = to === undefined || to === "-" ? {} : { toMs: Number(to) };
    return [{ kind: kind as ConstraintKind, fromMs: Number(from), ...until }];
  });

/** Parses "from_ms to_ms". A pause that is in force holds every job, so no lease meets it. */
export function pauseOf(text: string): Hold[] {
  const [from, to] = text.split(" ");
  if (to === undefined) return [];
  return [{ kind: "QUEUE_PAUSED", fromMs: Number(from), toMs: Number(to) }];
}

/** How many times are kept for a pool of a shard. */
const MOST_HOLDS = 8;

/** When provider accounts had nothing to grant to a shard that asked for a waiting job. */
export class AccountHolds {
  readonly #holds = new Map<string, Hold[]>();

  /** The account of this name refuses for this reason, since now or since before. */
  begin(name: string, kind: ConstraintKind, nowMs: number): void {
    const holds = this.#holds.get(name) ?? [];
    const last = holds.at(-1);
    if (last?.kind === kind && last.toMs === undefined) return;
    this.over(name, nowMs);
    this.#holds.set(name, [
      ...(this.#holds.get(name) ?? []).slice(1 - MOST_HOLDS),
      { kind, fromMs: nowMs },
    ]);
  }

  /** The account has granted something. */
  over(name: string, nowMs: number): void {
    const holds = this.#holds.get(name);
    const last = holds?.at(-1);
    if (holds === undefined || last === undefined || last.toMs !== undefined) return;
    this.#holds.set(name, [...holds.slice(0, -1), { ...last, toMs: nowMs }]);
  }

  /** Returns the lease with the times of its pool's account, which has granted the lease. */
  addTo(lease: Lease, base: string, nowMs: number): Lease {
    const { traceparent } = lease.job;
    const pool = lease.route?.account ?? lease.job.pool;
    if (pool === undefined || traceparent === undefined) return lease;
    const name = `${base}${pool}`;
    // Another scheduler may have got the grant.
    this.over(name, nowMs);
    const more = this.#holds.get(name) ?? [];
    return more.length === 0 ? lease : { ...lease, holds: [...lease.holds, ...more] };
  }
}
