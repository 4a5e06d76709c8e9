import type { Clock } from "@millrace/shared";
import { registryKeys } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import type { PublishedWorkers, Roster } from "./contract.ts";

/** How long an entry counts. Schedulers publish three times as often. */
const COUNTS_MS = 15_000;
/** When an entry of a scheduler that is gone is removed. A scheduler that was only slow publishes again. */
const FORGOTTEN_MS = 60_000;

interface Stored extends PublishedWorkers {
  readonly atMs: number;
}

/** Undefined for a value that another program wrote. */
function parse(text: string): Stored | undefined {
  try {
    const stored = JSON.parse(text) as Stored;
    return Number.isFinite(stored.atMs) && Array.isArray(stored.workers) ? stored : undefined;
  } catch {
    return undefined;
  }
}

export function openRoster(redis: Store, rootPrefix: string, clock: Clock): Roster {
  const key = registryKeys(rootPrefix).roster;
  const attempt = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asStoreFault(error, doing);
    }
  };
  return {
    publish: (name, { schedulerId, workers }) =>
      attempt("publishing workers", async () => {
        await redis.hset(key, name, JSON.stringify({ schedulerId, workers, atMs: clock.nowMs() }));
      }),
    withdraw: (name) =>
      attempt("withdrawing workers", async () => {
        await redis.hdel(key, name);
      }),
    read: () =>
      attempt("reading workers", async () => {
        const nowMs = clock.nowMs();
        const found = Object.entries(await redis.hgetall(key)).map(
          ([name, text]) => [name, parse(text)] as const,
        );
        const ageOf = (stored: Stored | undefined) =>
          stored === undefined ? Number.POSITIVE_INFINITY : nowMs - stored.atMs;
        const gone = found.filter(([, stored]) => ageOf(stored) > FORGOTTEN_MS);
        if (gone.length > 0) await redis.hdel(key, ...gone.map(([name]) => name));
        return new Map(
          found.flatMap(([name, stored]) =>
            stored !== undefined && ageOf(stored) <= COUNTS_MS ? [[name, stored] as const] : [],
          ),
        );
      }),
  };
}
