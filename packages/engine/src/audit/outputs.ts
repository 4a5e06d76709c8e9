import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

/** Checks that output is numbered without gaps up to the job's next offset (10), and that it is removed with its job. */
export async function* checkOutputs(redis: Store, shard: ShardSnapshot): AsyncGenerator<Finding> {
  for (const name of shard.names) {
    if (!name.endsWith(":output")) continue;
    const id = name.slice(0, -":output".length);
    const key = shard.shard.base + name;
    const entries = await redis.xrange(key, "-", "+");
    const numbers = entries.map(([entry]) => Number(entry.split("-")[0]));
    const gap = numbers.findIndex((number, at) => at > 0 && number !== (numbers[at - 1] ?? 0) + 1);
    if (gap > 0)
      yield {
        invariant: 10,
        subject: id,
        problem: `entry ${numbers[gap]} of its output follows entry ${numbers[gap - 1]}`,
      };
    // Entry n has offset n - 1, so the number of the last entry is the next offset.
    const next = Number(shard.jobs.get(id)?.[F.next_offset] ?? numbers.at(-1) ?? 0);
    if (numbers.length > 0 && numbers.at(-1) !== next) {
      yield {
        invariant: 10,
        subject: id,
        problem: `its output ends at offset ${numbers.at(-1)}, but its next offset is ${next}`,
      };
    }
    if ((await redis.pttl(key)) === -1) {
      yield { invariant: 11, subject: id, problem: "its output has no expiry" };
    }
  }
}
