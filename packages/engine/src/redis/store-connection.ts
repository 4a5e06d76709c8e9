/**
 * ioredis' clients with three changes that Millrace depends on. They send no command after its caller was told that it
 * failed; ioredis alone sends it when Redis is back, even hours later. They run nothing on a Cluster slot whose keys
 * are being moved to another node. And a second error of a socket does not end the process.
 */
import type { Socket } from "node:net";
import { AbstractConnector, Cluster, type ClusterNode, type Command, Redis } from "ioredis";

/** A single server, the master that sentinels name, or a Cluster. */
export type Store = Redis | Cluster;

type StoreClusterOptions = NonNullable<ConstructorParameters<typeof Cluster<"legacy">>[1]>;

const sockets = new WeakMap<AbstractConnector, Socket>();

/**
 * ioredis listens for one error of each socket, which its own handling needs. A TLS socket can have two: for example,
 * a certificate that is not trusted, and then the alert of a server whose handshake was broken off. All of ioredis'
 * connectors, those of sentinels and nodes too, keep their socket in this property.
 */
Object.defineProperty(AbstractConnector.prototype, "stream", {
  get(this: AbstractConnector) {
    return sockets.get(this);
  },
  set(this: AbstractConnector, socket: Socket) {
    sockets.set(
      this,
      socket.on("error", () => undefined),
    );
  },
});

type Stream = Parameters<Redis["sendCommand"]>[1];

/** A pipeline counts the commands that it writes, so all commands of a pipeline are sent. */
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
    // A node's connection starts the timeout only when it gets the command, and it may take long to get a connection.
    command.setTimeout(this.#commandTimeoutMs);
    return super.sendCommand(command, stream, node);
  }

  /**
   * For a slot that is being moved, a node answers ASK for keys that it no longer has, or never had. A script that
   * followed would find half of a shard, and Redis would let it write there. The key that scripts name never exists, so
   * all scripts get ASK. They are refused until the slot has moved.
   */
  override handleError(...args: Parameters<Cluster["handleError"]>): void {
    const [error, , handlers] = args;
    if (error.message.startsWith("ASK ")) handlers.defaults();
    else super.handleError(...args);
  }
}

/** ioredis itself creates the connections to the nodes of a Cluster, so this patches each of them. */
function guard(node: Redis): void {
  const send = node.sendCommand.bind(node);
  node.sendCommand = (command, stream) =>
    isGivenUp(command, stream) ? command.promise : send(command, stream);
}

/** The connections to each server that stores jobs. */
export const mastersOf = (store: Store): readonly Redis[] =>
  store instanceof Cluster ? store.nodes("master") : [store];
