import { keyHomeBase } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import { R } from "../redis/stored-records.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

const USE = "mr:use:";
const limitNames = ["requests", "tokens", "tokens of a day", "running jobs"];

/** Checks that a shard has no larger portion of a key's limit than the key's home counts for it (5). */
export async function* checkPortions(
  redis: Store,
  rootPrefix: string,
  shard: ShardSnapshot,
): AsyncGenerator<Finding> {
  for (const name of shard.names) {
    const text = name.startsWith(USE) ? shard.hash(name)[F.use_portion] : undefined;
    if (text === undefined) continue;
    const key = name.slice(USE.length);
    const home = `${keyHomeBase(rootPrefix, key)}mr:home`;
    const held = (await redis.hget(home, shard.shard.base)) ?? "";
    const given = amountsIn(held, R.holding.indexOf("held"));
    const has = amountsIn(text, R.portion.indexOf("amounts"));
    const wrong = limitNames.findIndex((_, at) => (has[at] ?? 0) > (given[at] ?? 0));
    if (wrong < 0) continue;
    const problem = `may use ${has[wrong]} ${limitNames[wrong]}, but was given ${given[wrong] ?? 0}`;
    yield { invariant: 5, subject: key, problem, repair: { kind: "portion", name: key } };
  }
}

/** The amounts in a word of a record, in the order of budgets/lib/portions.lua. */
const amountsIn = (record: string, word: number): number[] =>
  (record.split(" ")[word] ?? "").split(",").map((amount) => Number(amount) || 0);
