import type { AccountAnswer } from "../accounts/exchange_account.ts";
import type { ProviderAccountRegistry } from "../accounts/provider-accounts.ts";
import type { ConstraintKind } from "../lanes/contract.ts";
import type { Lease } from "./contract.ts";
import { AccountHolds } from "./holds.ts";
import type { LeaseWant } from "./lease.ts";

/**
 * How long a shard waits before it asks an account again that had nothing to grant. It may take as long until the shard
 * learns of a slot that another shard frees, or of a limit that another engine raises.
 */
const ASK_AGAIN_MS = 50;
/**
 * The longest such wait for an account that is closed by its circuit. The wait doubles with each answer, so a shard learns that
 * the circuit is closed again at most as long after it as it has waited before, and at most so late. That includes an operator's
 * reset through another engine. Accounts that are full are asked often, because a slot may become free at any time.
 */
const CLOSED_ASK_MS = 1_000;
/** The answers of accounts that are closed by their circuit. */
const BY_CIRCUIT: ReadonlySet<string> = new Set<ConstraintKind>([
  "PROVIDER_COOLDOWN",
  "PROVIDER_DOWN",
  "PROVIDER_EXHAUSTED",
]);

/** When to ask an account again, and how long that was after the last answer. */
interface NextAsk {
  readonly atMs: number;
  readonly waitMs: number;
}

/** What the leases of one shard have learned in a call. */
export interface Asked {
  /** The accounts that have just had nothing to grant to the shard: jobs of models take other routes. */
  readonly closed: Set<string>;
  /** When it may be worth while to lease again. */
  readonly dueMs: number[];
  readonly note: (kind: ConstraintKind, lanes: number) => void;
}

/** Asks provider accounts for the slices of shards, and remembers which of them had nothing to grant. */
export class AccountAsks {
  readonly #accounts: Pick<ProviderAccountRegistry, "exchange">;
  readonly #nowMs: () => number;
  /** For each shard and account that had nothing to grant. */
  readonly #askAgain = new Map<string, NextAsk>();
  readonly #refused = new AccountHolds();

  constructor(accounts: Pick<ProviderAccountRegistry, "exchange">, nowMs: () => number) {
    this.#accounts = accounts;
    this.#nowMs = nowMs;
  }

  /** Any account may have something to grant now. */
  forget(): void {
    this.#askAgain.clear();
  }

  /** The accounts that a shard need not ask now. */
  closedAt(base: string): Set<string> {
    const nowMs = this.#nowMs();
    const names = [...this.#askAgain].filter(
      ([name, { atMs }]) => name.startsWith(base) && nowMs < atMs,
    );
    return new Set(names.map(([name]) => name.slice(base.length)));
  }

  /** When a shard asks an account again that had nothing to grant. */
  asksAgainMs(base: string, account: string): number | undefined {
    return this.#askAgain.get(base + account)?.atMs;
  }

  /**
   * Exchanges slices with accounts. Returns whether another call may lease more: an account has granted something, or jobs of
   * models may take another route than one whose account is added to `closed`.
   */
  async getSlices(base: string, wants: readonly LeaseWant[], asked: Asked): Promise<boolean> {
    let again = false;
    for (const want of wants) {
      if (await this.#getSlice(base, want, asked)) {
        again = true;
      } else {
        again ||= want.ofModels && !asked.closed.has(want.pool);
        asked.closed.add(want.pool);
      }
    }
    return again;
  }

  /** Returns whether the account has granted something, or is none. */
  async #getSlice(base: string, want: LeaseWant, { dueMs, note }: Asked): Promise<boolean> {
    const name = base + want.pool;
    const last = this.#askAgain.get(name);
    const nowMs = this.#nowMs();
    if (last !== undefined && nowMs < last.atMs) {
      dueMs.push(last.atMs);
      return false;
    }
    const answer = await this.#accounts.exchange({ base }, want);
    if (answer === undefined || (answer.grant?.requests ?? 0) > 0) {
      this.#askAgain.delete(name);
      this.#refused.over(name, nowMs);
      return true;
    }
    const next = nextAsk(answer, last, nowMs);
    this.#askAgain.set(name, next);
    if (answer.why !== "") {
      note(answer.why, 1);
      this.#refused.begin(name, answer.why, nowMs);
    }
    dueMs.push(Math.max(answer.retryMs ?? 0, next.atMs));
    return false;
  }

  /** Returns the lease with the times at which its account had nothing to grant. */
  addHolds(lease: Lease, base: string, nowMs: number): Lease {
    return this.#refused.addTo(lease, base, nowMs);
  }
}

/** When to ask an account again that has nothing to grant: never later than the time that it has named. */
function nextAsk(
  { why, retryMs = Number.POSITIVE_INFINITY }: Pick<AccountAnswer, "why" | "retryMs">,
  last: NextAsk | undefined,
  nowMs: number,
): NextAsk {
  // After an answer of long ago the waits begin anew.
  const goesOn = last !== undefined && nowMs < last.atMs + CLOSED_ASK_MS;
  const waitMs =
    BY_CIRCUIT.has(why) && goesOn ? Math.min(2 * last.waitMs, CLOSED_ASK_MS) : ASK_AGAIN_MS;
  return { waitMs, atMs: Math.min(nowMs + waitMs, Math.max(retryMs, nowMs + ASK_AGAIN_MS)) };
}
