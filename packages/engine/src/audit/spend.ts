import { parseUsage } from "../jobs/stored-usage.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import { MOST_MICROS } from "../spend/costs.ts";
import { daySpend, isRecord, type Opening, openingIn, totalIn } from "../spend/stored-spend.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

/** What a day has of a key: how it began, undefined if that cannot be read, and the sum of its records. */
interface Day {
  readonly opening: Opening | undefined;
  readonly micros: number;
  readonly names: readonly string[];
}

const nothing: Day = { opening: undefined, micros: 0, names: [] };

type Books = ReadonlyMap<number, ReadonlyMap<string, Day>>;

/**
 * Checks that what is counted as spent equals the sum of the settled attempts (16). For each key, the running total is what the
 * attempts of its present jobs cost, by their own records, and those of removed jobs. And each day that is kept begins
 * with the total of the day before and ends with that of the day after, or with the running total.
 */
export async function* checkSpend(redis: Store, shard: ShardSnapshot): AsyncGenerator<Finding> {
  const present = costsOfJobs(shard);
  const totals = shard.hash("mr:spend");
  const books = await readBooks(redis, shard);
  const keys = [...books.values()].flatMap((day) => [...day.keys()]);
  for (const key of new Set([...present.keys(), ...Object.keys(totals), ...keys])) {
    const wrong = (problem: string): Finding => ({
      ...{ invariant: 16, subject: key, problem, repair: { kind: "spend", name: key } },
    });
    const { micros, removed, day } = totalIn(totals[key]);
    // Beyond the largest amount, sums are no longer exact.
    if (micros >= MOST_MICROS) continue;
    const jobs = present.get(key) ?? 0;
    if (micros !== jobs + removed) {
      yield wrong(
        `its attempts cost ${micros} micro-dollars, but those of its jobs ${jobs} and of removed jobs ${removed}`,
      );
    }
    for (const problem of brokenDays(key, books, micros, day)) yield wrong(problem);
  }
}

function costsOfJobs({ jobs }: ShardSnapshot): ReadonlyMap<string, number> {
  const costs = new Map<string, number>();
  for (const [id, job] of jobs) {
    const cost = parseUsage(job[F.usage])?.costMicros ?? 0;
    const key = id.split("~")[1] ?? "";
    if (cost > 0) costs.set(key, Math.min((costs.get(key) ?? 0) + cost, MOST_MICROS));
  }
  return costs;
}

async function readBooks(redis: Store, { shard, names }: ShardSnapshot): Promise<Books> {
  const books = new Map<number, Map<string, Day>>();
  for (const name of names.filter((one) => /^mr:spend:\d+$/.test(one))) {
    const day = new Map<string, Day>();
    const hash = await redis.hgetallBuffer(shard.base + name);
    for (const [field, value] of Object.entries(hash)) {
      const key = field.split("|")[0] ?? "";
      const { opening, micros, names: before } = day.get(key) ?? nothing;
      const cost = isRecord(field) ? daySpend(field, value).costMicros : 0;
      day.set(key, {
        opening: isRecord(field) ? opening : openingIn(String(value)),
        micros: Math.min(micros + cost, MOST_MICROS),
        names: isRecord(field) ? [...before, field] : before,
      });
    }
    books.set(Number(name.slice("mr:spend:".length)), day);
  }
  return books;
}

/** Follows the days of a key from its last one back to the oldest one that is kept. */
function* brokenDays(key: string, books: Books, micros: number, last: number): Generator<string> {
  let end = micros;
  const seen = new Set<number>();
  for (let at = last; books.has(at) && !seen.has(at); ) {
    seen.add(at);
    const { opening, micros: spent, names } = books.get(at)?.get(key) ?? nothing;
    if (opening === undefined) {
      yield `the start of day ${at} cannot be read`;
      break;
    }
    if (opening.micros + spent !== end) {
      yield `day ${at} began with ${opening.micros} micro-dollars and its records cost ${spent}, but it ended with ${end}`;
    }
    const listed = new Set(opening.names);
    if (listed.size !== names.length || names.some((name) => !listed.has(name))) {
      yield `day ${at} has ${names.length} records, but lists ${listed.size}`;
    }
    end = opening.micros;
    at = opening.before;
  }
  for (const [day, keys] of books) {
    if (!keys.has(key) || seen.has(day)) continue;
    yield `day ${day} has records that no later day continues`;
  }
}
