import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "@millrace/local";
import { type Clock, type Random, systemClock, systemRandom } from "@millrace/shared";
import { type FaultPipe, startFaultPipe, type Toxics } from "./fault-pipe.ts";

export type { Toxics } from "./fault-pipe.ts";

/** "up" is from the client of the proxy to the server behind it. */
export type Direction = "up" | "down";

export interface FaultProxyOptions {
  /** The clock of latency and rate. */
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A TCP proxy on 127.0.0.1 that injects the faults it is set to. */
export interface FaultProxy extends AsyncDisposable {
  /** The proxy's `host:port`. Clients connect to it instead of the server. */
  readonly address: string;
  /** The number of open connections. */
  readonly connections: number;
  /** Sets the faults of existing and new connections from now on. A direction that is left out has no faults. */
  set(toxics: { readonly [one in Direction]?: Toxics }): void;
  /** Removes all faults of existing and new connections. A proxy that refuses connections still refuses them. */
  clear(): void;
  /** Breaks every connection at both ends at once (RST). */
  cut(): void;
  /** Ends one direction for its receivers (FIN). The other direction continues. */
  halfClose(direction: Direction): void;
  /** Refuses new connections (ECONNREFUSED). Existing connections continue. */
  refuse(): Promise<void>;
  /** Accepts new connections again. */
  accept(): Promise<void>;
}

interface Connection {
  readonly ends: { readonly [one in Direction]: Socket };
  readonly pipes: readonly FaultPipe[];
}

/** Starts a proxy to `to` (`host:port`), without faults at first. */
export async function startFaultProxy(
  to: string,
  { clock = systemClock, random = systemRandom }: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const target = new URL(`tcp://${to}`);
  const connections = new Set<Connection>();
  let toxics: { readonly [one in Direction]?: Toxics } = {};
  const port = await freePort();
  let server: Server | undefined;

  const take = (client: Socket) => {
    const upstream = connect({
      ...{ host: target.hostname, port: Number(target.port) },
      ...{ allowHalfOpen: true, noDelay: true },
    });
    const carry = (direction: Direction, from: Socket, into: Socket) =>
      startFaultPipe(from, into, { clock, random, toxics: () => toxics[direction] ?? {} });
    const connection = {
      ends: { up: upstream, down: client },
      pipes: [carry("up", client, upstream), carry("down", upstream, client)],
    };
    connections.add(connection);
    for (const socket of [client, upstream]) {
      // The pipe breaks the other end.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        if (client.closed && upstream.closed) connections.delete(connection);
      });
    }
  };
  const accept = async () => {
    if (server !== undefined) return;
    server = createServer({ allowHalfOpen: true, noDelay: true }, take);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const refuse = async () => {
    const closing = server;
    server = undefined;
    // `close` shuts the port at once. This does not wait for its "close" event, which comes only after the last
    // connection ends.
    closing?.close();
  };
  const cut = () => {
    for (const { ends } of connections) {
      ends.up.resetAndDestroy();
      ends.down.resetAndDestroy();
    }
  };
  const set = (changed: typeof toxics) => {
    toxics = changed;
    for (const { pipes } of connections) for (const pipe of pipes) pipe.wake();
  };

  await accept();
  return {
    address: `127.0.0.1:${port}`,
    get connections() {
      return connections.size;
    },
    set,
    clear: () => set({}),
    cut,
    halfClose(direction) {
      for (const { ends } of connections) ends[direction].end();
    },
    refuse,
    accept,
    async [Symbol.asyncDispose]() {
      await refuse();
      cut();
    },
  };
}
