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
 * For one connection to a Cluster, to any of its nodes: another one each time it connects, of those that
 * the Cluster has now, or of the seeds. The options' host and port say which it is.
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
