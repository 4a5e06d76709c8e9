import type { Clock, Random } from "@millrace/shared";
import type { DefinedQueue, ShardMap } from "./shard-map.ts";
import type { Store } from "./store-connection.ts";

/** What every concept of the engine works with. `Queue` has the settings of a queue that the concept needs. */
export interface EngineParts<Queue extends DefinedQueue = DefinedQueue> {
  readonly redis: Store;
  readonly rootPrefix: string;
  /** The clock that the engine uses: Redis's time, or the clock that it was given. */
  readonly clock: Clock;
  readonly random: Random;
  readonly shards: ShardMap<Queue>;
}
