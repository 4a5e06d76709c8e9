/** The callbacks that callers of a storm give to some of their jobs and groups, drawn from its seed. */
import type { Callback } from "@millrace/client";
import { seededRandom } from "@millrace/testing";

/** The share of jobs and groups that have a callback. */
const SHARE = 0.25;
/** The share of these that want only the good end. */
const CHOOSY = 0.3;

/** Returns the callback of job or group number n, or undefined. A submission that is repeated has the same callback. */
export function stormCallback(
  seed: number,
  n: number,
  url: string,
  kind: "job" | "group",
): Callback | undefined {
  const random = seededRandom(seed ^ Math.imul(n + 1, 0xc2b2ae35));
  if (random.next() >= SHARE) return undefined;
  const eventTypes = [`${kind}.succeeded`];
  return { url: `${url}?n=${n}`, ...(random.next() < CHOOSY ? { eventTypes } : {}) };
}

/** Whether a callback asks for events of this type. */
export const isCalled = (callback: Callback | undefined, type: string): boolean =>
  callback !== undefined &&
  (callback.eventTypes === undefined ||
    callback.eventTypes.length === 0 ||
    callback.eventTypes.includes(type));
