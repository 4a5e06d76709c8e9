/** The groups of a storm, drawn from its seed. */
import type { GroupRule, NewChild, NewGroup } from "@millrace/client";
import { seededRandom } from "@millrace/testing";
import { FAN_OUT_TYPE, fanOutWork, type Given, partWork, pick } from "./fan-outs.ts";
import { retry, STORM_QUEUE, type StormJob } from "./jobs.ts";

/** The type of finalizers. Every storm worker has its executor. */
export const REPORT_TYPE = "report";

/** The payload of a finalizer, by which it knows whether it may run. */
export interface Report {
  readonly n: number;
  readonly rule: GroupRule;
  readonly children: number;
}

/** The result of a finalizer. */
export interface ReportResult {
  readonly text: string;
  readonly groupId: string;
  readonly given: readonly Given[];
}

export interface StormGroup {
  readonly n: number;
  readonly key: StormJob["key"];
  readonly group: NewGroup & { readonly rule: GroupRule };
  /** The children that are created with the group. */
  readonly first: readonly NumberedChild[];
  /** The children that join later, one call for each list. */
  readonly later: readonly (readonly NumberedChild[])[];
  /** When the group is cancelled, in milliseconds after its creation. */
  readonly cancelMs?: number;
}

export interface NumberedChild {
  /** The child's job number in the ledger. */
  readonly n: number;
  readonly child: NewChild;
}

/** The share of the numbers that are groups in place of jobs. */
const SHARE = 0.015;
/** The job numbers of a group's finalizer and children start here. */
const FIRST = 2_000_000_000;
const MOST_CHILDREN = 64;
/** The job number of the finalizer of group n. Its children have the numbers after that. */
export const finalizerNumber = (n: number): number => FIRST + n * MOST_CHILDREN;

const RULES = ["all", "all", "any", { atLeastPercent: 50 }, { atLeastPercent: 90 }] as const;

/** Returns group number n of a storm. Undefined for most numbers, which are jobs. */
export function stormGroup(seed: number, n: number): StormGroup | undefined {
  const random = seededRandom(seed ^ Math.imul(n + 1, 0x85ebca6b));
  if (random.next() >= SHARE) return undefined;
  const rule = pick<GroupRule>(random, RULES);
  let made = 0;
  const child = (): NumberedChild => {
    made += 1;
    const number = finalizerNumber(n) + made;
    const divides = random.next() < 0.05;
    const payload = divides ? fanOutWork(random, number) : partWork(random, number);
    return { n: number, child: { type: divides ? FAN_OUT_TYPE : "work", payload, retry } };
  };
  const children = (most: number) =>
    Array.from({ length: Math.floor(random.next() * (most + 1)) }, child);
  const first = children(8);
  const later = random.next() < 0.5 ? [children(4), children(4)] : [];
  const report: Report = { n: finalizerNumber(n), rule, children: made };
  return {
    ...{ n, key: random.next() < 0.2 ? "limited" : "free", first, later },
    group: {
      ...{ queue: STORM_QUEUE, rule, priority: 1 + Math.floor(random.next() * 100) },
      ...(random.next() < 0.4 ? { maxInFlight: 1 + Math.floor(random.next() * 4) } : {}),
      ...(random.next() < 0.3 ? { keepSiblings: true } : {}),
      ...(random.next() < 0.7 ? { finalizer: { type: REPORT_TYPE, payload: report, retry } } : {}),
    },
    ...(random.next() < 0.1 ? { cancelMs: random.next() * 500 } : {}),
  };
}

/** How many of the children must succeed under a rule. */
export function needed(rule: GroupRule, children: number): number {
  if (rule === "all") return children;
  return rule === "any" ? 1 : Math.ceil((children * rule.atLeastPercent) / 100);
}

const finalStates: readonly string[] = ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "REMOVED"];
export const hasEnded = ({ state }: { readonly state: string }): boolean =>
  finalStates.includes(state);
export const hasSucceeded = ({ state }: { readonly state: string }): boolean =>
  state === "SUCCEEDED";

/** Returns why a finalizer may not run when its group's children are as it has read them, or undefined. */
export function tooEarly(
  { rule, children }: Report,
  read: readonly { readonly state: string }[],
): string | undefined {
  const succeeded = read.filter(hasSucceeded).length;
  const ended = read.filter(hasEnded).length;
  const least = needed(rule, children);
  if (succeeded < least) return `${succeeded} children have succeeded, but the rule needs ${least}`;
  if (rule === "any" || (read.length === children && ended === children)) return undefined;
  return `${ended} of ${read.length} children have ended, but the group has ${children}`;
}
