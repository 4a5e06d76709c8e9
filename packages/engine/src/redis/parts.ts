import type { Clock, Random } from "@millrace/shared";
import type { DefinedQueue, ShardMap } from "./shard-map.ts";
import type { Store } from "./store-connection.ts";

/** What each concept of the engine works with. `Queue` is what it has to know of a queue. */
export interface EngineParts<Queue extends DefinedQueue = DefinedQueue> {
  readonly redis: Store;
  readonly rootPrefix: string;
  /** The time that the engine goes by: Redis's, or the clock that it was given. */
  readonly clock: Clock;
  readonly random: Random;
  readonly shards: ShardMap<Queue>;
}
