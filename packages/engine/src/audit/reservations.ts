import { parseReservation } from "../accounts/reservation.ts";
import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import type { Hash, ShardSnapshot } from "./shard-snapshot.ts";

/** Checks that running jobs hold what is reserved (4, 5), and that windows are the sums of their buckets. */
export function* checkReservations(shard: ShardSnapshot): Generator<Finding> {
  const ofKey = new Map<string, number>();
  const ofPool = new Map<string, number>();
  const governed = shard.hash("mr:governed");
  const inPool = new Map<string, number>();
  for (const [id, job] of shard.jobs) {
    const ofKeyBudget = parseReservation("key_reservation", job[F.key_reservation]);
    if (ofKeyBudget !== undefined && ofKeyBudget.minute !== "-") {
      const key = id.split("~")[1] ?? "";
      count(ofKey, key);
      if (ofKeyBudget.day.endsWith("p")) count(inPool, `${key} ${ofKeyBudget.lane.split("|")[2]}`);
    }
    const charged = parseReservation("account_reservation", job[F.account_reservation]);
    // What was charged to an account that was removed since counts nowhere.
    if (charged !== undefined && governed[charged.pool] === charged.generation) {
      count(ofPool, charged.pool);
    }
  }
  for (const name of shard.names) {
    if (name.startsWith("mr:use:")) {
      const key = name.slice("mr:use:".length);
      yield* running("key", key, shard.hash(name)[F.use_running], ofKey);
      yield* pools(key, shard.hash(name), inPool);
      for (const letter of [F.requests_window, F.tokens_window, F.day_window])
        yield* windowSum("key", key, shard.hash(name), letter);
    } else if (name.startsWith("mr:slice:")) {
      const pool = name.slice("mr:slice:".length);
      if (governed[pool] === undefined) {
        const problem = "has a slice, but is no provider account";
        yield { invariant: 5, subject: pool, problem, repair: { kind: "pool", name: pool } };
      }
      yield* running("pool", pool, shard.hash(name)[F.slice_running], ofPool);
    }
  }
  for (const key of ofKey.keys()) {
    if (shard.hash(`mr:use:${key}`)[F.use_running] === undefined)
      yield* running("key", key, "0", ofKey);
  }
}

/** Checks how many jobs of a key run in each pool, where that is limited. */
function* pools(key: string, use: Hash, jobs: ReadonlyMap<string, number>): Generator<Finding> {
  const counted = Object.keys(use).filter((field) => field.startsWith(F.use_pool));
  const held = [...jobs.keys()].filter((name) => name.startsWith(`${key} `));
  const names = [
    ...counted.map((field) => field.slice(F.use_pool.length)),
    ...held.map((name) => name.slice(key.length + 1)),
  ];
  for (const pool of new Set(names)) {
    const actual = jobs.get(`${key} ${pool}`) ?? 0;
    const is = Number(use[F.use_pool + pool] ?? 0);
    if (actual === is) continue;
    const problem = `${actual} of its jobs run in the pool ${pool}, but ${is} are counted`;
    yield { invariant: 5, subject: key, problem, repair: { kind: "key", name: key } };
  }
}

function* running(
  kind: "key" | "pool",
  subject: string,
  counted: string | undefined,
  jobs: ReadonlyMap<string, number>,
): Generator<Finding> {
  const actual = jobs.get(subject) ?? 0;
  if (Number(counted ?? 0) === actual) return;
  yield {
    invariant: 5,
    subject,
    problem: `${actual} running jobs hold reservations, but ${counted ?? 0} are counted`,
    repair: { kind, name: subject },
  };
}

/** Checks that a window's sum is that of its buckets. */
export function* windowSum(
  kind: "key" | "account",
  subject: string,
  hash: Hash,
  letter: string,
): Generator<Finding> {
  const bucket = new RegExp(`^${letter}\\d+$`);
  const sum = Object.entries(hash).reduce(
    (total, [name, amount]) => (bucket.test(name) ? total + Number(amount) : total),
    0,
  );
  const counted = Number(hash[letter + F.window_sum] ?? 0);
  if (sum === counted) return;
  const problem = `the buckets of window ${letter} sum up to ${sum}, but its stored sum is ${counted}`;
  yield { invariant: 5, subject, problem, repair: { kind, name: subject } };
}

/** Checks that a shard may run no more jobs of an account than the account has granted it. */
export function* checkAccount(
  pool: string,
  account: Hash,
  shards: readonly ShardSnapshot[],
): Generator<Finding> {
  yield* windowSum("account", pool, account, F.requests_window);
  yield* windowSum("account", pool, account, F.tokens_window);
  let allowed = 0;
  for (const [field, value] of Object.entries(account)) {
    if (field.startsWith(F.account_shard_allowed)) allowed += Number(value);
  }
  if (allowed !== Number(account[F.account_allowed] ?? 0)) {
    const counted = account[F.account_allowed] ?? 0;
    const problem = `allows its shards ${allowed} running jobs, but ${counted} are counted`;
    yield { invariant: 5, subject: pool, problem, repair: { kind: "account", name: pool } };
  }
  for (const { shard, hash } of shards) {
    // A shard that has not learned of a new generation yet has a slice of the one before.
    if (hash("mr:governed")[pool] !== account[F.account_generation]) continue;
    const slice = hash(`mr:slice:${pool}`);
    // If an account was created while jobs of its pool ran, it does not count those jobs.
    const granted = Number(account[F.account_shard_allowed + shard.base] ?? 0);
    if (
      Number(slice[F.slice_allowed] ?? 0) > granted &&
      Number(slice[F.slice_version] ?? 0) >=
        Number(account[F.account_shard_version + shard.base] ?? 0)
    ) {
      const problem = `shard ${shard.base} may run ${slice[F.slice_allowed]} jobs, but was granted ${granted}`;
      yield { invariant: 5, subject: pool, problem };
    }
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
