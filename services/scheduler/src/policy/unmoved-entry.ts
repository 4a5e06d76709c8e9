/** Decides about entries of an outbox that could not be moved. docs/adr/0024-callbacks-from-an-outbox.md says why. */
import { type KeyId, UNREADABLE_LIST } from "@millrace/shared";

interface Entry {
  readonly keyId: KeyId;
  /** When it was first set aside. */
  readonly asideMs?: number;
}

/**
 * Why an entry could not be moved. refused: the queue takes no delivery of the key now. unreadable: this scheduler cannot
 * read the entry; another version may. impossible: no queue will ever take its deliveries.
 */
export type WhyUnmoved = "refused" | "unreadable" | "impossible";

/** Outcomes of a submission that time or an operator can change. */
const passing: ReadonlySet<string> = new Set([
  ...["depthFull", "storedBytesFull", "unknownQueue", "priorityNotAllowed"],
]);

/** Why the entry stays whose delivery had this outcome. Undefined: the delivery is stored. */
export function whyUnmoved({ kind }: { readonly kind: string }): WhyUnmoved | undefined {
  if (kind === "accepted" || kind === "existing") return undefined;
  return passing.has(kind) ? "refused" : "impossible";
}

/** An entry is dropped this long after it was set aside. */
export const KEPT_ASIDE_MS = 24 * 3_600_000;

export type UnmovedDecision =
  | { readonly kind: "drop" }
  | { readonly kind: "setAside"; readonly to: string };

export function decideUnmoved(
  { keyId, asideMs }: Entry,
  why: WhyUnmoved,
  nowMs: number,
): UnmovedDecision {
  const isOver = asideMs !== undefined && nowMs - asideMs >= KEPT_ASIDE_MS;
  if (why === "impossible" || isOver) return { kind: "drop" };
  return { kind: "setAside", to: why === "unreadable" ? UNREADABLE_LIST : keyId };
}

const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A pause is this part of the time for which the oldest entry has waited, so pauses grow and no count of tries is stored. */
const PART = 4;

/** When a list is tried again. `progressed`: this try took entries out of it. */
export function nextTryMs(
  oldest: Pick<Entry, "asideMs"> | undefined,
  progressed: boolean,
  nowMs: number,
): number {
  if (progressed || oldest?.asideMs === undefined) return nowMs + SHORTEST_PAUSE_MS;
  const part = Math.floor((nowMs - oldest.asideMs) / PART);
  return nowMs + Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, part));
}
