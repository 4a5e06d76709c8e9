import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "@millrace/local";
import { type Clock, type Random, systemClock, systemRandom } from "@millrace/shared";
import { type FaultPipe, startFaultPipe, type Toxics } from "./fault-pipe.ts";

export type { Toxics } from "./fault-pipe.ts";

/** Up: from whoever connects to the proxy to the server behind it. */
export type Direction = "up" | "down";

export interface FaultProxyOptions {
  /** Of the jitter's and the delays' time. */
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A TCP proxy on 127.0.0.1 that behaves as badly as it is told to. */
export interface FaultProxy extends AsyncDisposable {
  /** To connect to instead of the server: `host:port`. */
  readonly address: string;
  /** How many connections there are. */
  readonly connections: number;
  /** How bytes travel from now on, on connections that are there and on new ones; a direction left out is well. */
  set(toxics: { readonly [one in Direction]?: Toxics }): void;
  /** All is well again for what travels; a proxy that refuses goes on refusing. */
  clear(): void;
  /** Breaks every connection, at both ends at once (RST). */
  cut(): void;
  /** Tells the receivers of one direction that this was all (FIN). The other direction goes on. */
  halfClose(direction: Direction): void;
  /** No new connection is taken (ECONNREFUSED); those that are there go on. */
  refuse(): Promise<void>;
  /** Takes connections again. */
  accept(): Promise<void>;
}

interface Connection {
  readonly ends: { readonly [one in Direction]: Socket };
  readonly pipes: readonly FaultPipe[];
}

/** Starts a proxy to `to` (`host:port`), with nothing wrong at first. */
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
      // The pipe tells the other end.
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
    // Not until the last connection ends, which "close" waits for: the port is shut at once.
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
