/**
 * ioredis' clients, changed in what Millrace rests on: nothing is sent that its caller has been told
 * has failed (ioredis alone sends it once Redis is back, hours later too), and nothing runs on a
 * Cluster slot whose keys are on their way to another node.
 */
import { Cluster, type ClusterNode, type Command, Redis } from "ioredis";

/** A server of its own, the master that sentinels name, or a Cluster. */
export type Store = Redis | Cluster;

type StoreClusterOptions = NonNullable<ConstructorParameters<typeof Cluster<"legacy">>[1]>;

type Stream = Parameters<Redis["sendCommand"]>[1];

/** A pipeline counts what is written, so all of one goes. */
const isGivenUp = (command: Command, stream: Stream): boolean =>
  command.isSettled && stream === undefined;

export class StoreConnection extends Redis {
  override sendCommand(command: Command, stream?: Stream): unknown {
    if (isGivenUp(command, stream)) return command.promise;
    return super.sendCommand(command, stream);
  }
}

export class StoreCluster extends Cluster {
  readonly #commandTimeoutMs: number;

  constructor(seeds: ClusterNode[], commandTimeoutMs: number, options: StoreClusterOptions) {
    super(seeds, { ...options, lazyConnect: true });
    this.#commandTimeoutMs = commandTimeoutMs;
    this.on("+node", guard);
  }

  override sendCommand(command: Command, stream?: Stream, node?: unknown): unknown {
    if (isGivenUp(command, stream)) return command.promise;
    // A node's connection counts from when it gets the command: it may be long until there is one.
    command.setTimeout(this.#commandTimeoutMs);
    return super.sendCommand(command, stream, node);
  }

  /**
   * A slot that is being moved answers ASK for keys that it does not have any more, or never had. A
   * script that is sent on finds half of a shard, and Redis would let it write there. The key that
   * scripts name never exists, so all of them are asked away, and refused until the slot has arrived.
   */
  override handleError(...args: Parameters<Cluster["handleError"]>): void {
    const [error, , handlers] = args;
    if (error.message.startsWith("ASK ")) handlers.defaults();
    else super.handleError(...args);
  }
}

/** ioredis makes the connections to a Cluster's nodes itself. */
function guard(node: Redis): void {
  const send = node.sendCommand.bind(node);
  node.sendCommand = (command, stream) =>
    isGivenUp(command, stream) ? command.promise : send(command, stream);
}

/** Connections to each server that holds jobs. */
export const mastersOf = (store: Store): readonly Redis[] =>
  store instanceof Cluster ? store.nodes("master") : [store];
