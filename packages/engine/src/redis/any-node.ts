import { createConnection } from "node:net";
import { type ConnectionOptions, connect as createTlsConnection } from "node:tls";
import type { Random } from "@millrace/shared";
import { AbstractConnector, type Cluster } from "ioredis";
import type { RedisAddress } from "./settings.ts";

interface Options extends Partial<RedisAddress> {
  readonly disconnectTimeout: number;
  readonly tls?: ConnectionOptions;
}

/**
 * Connects one connection to any node of a Cluster. At each connect it picks one of the Cluster's present nodes, or else
 * one of the seeds. It writes the node's host and port to the options.
 */
export const anyNodeOf = (cluster: Cluster, seeds: readonly RedisAddress[], random: Random) =>
  class AnyNode extends AbstractConnector {
    readonly #options: Options;

    constructor(options: unknown) {
      super((options as Options).disconnectTimeout);
      this.#options = options as Options;
    }

    async connect() {
      this.connecting = true;
      const known = cluster.nodes().map(({ options }) => options as RedisAddress);
      const nodes = known.length > 0 ? known : seeds;
      const node = nodes[Math.floor(random.next() * nodes.length)] as RedisAddress;
      const { host, port } = node;
      Object.assign(this.#options, { host, port });
      const { tls } = this.#options;
      const stream = tls
        ? createTlsConnection({ ...tls, host, port })
        : createConnection(port, host);
      stream.once("error", (error) => {
        this.firstError = error;
      });
      this.stream = stream;
      return stream;
    }
  };
