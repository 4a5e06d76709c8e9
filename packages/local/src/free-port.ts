import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * The range is below the ports that systems give to outgoing connections. So a restarted server finds its port
 * free, and a client that tries to reach it meanwhile cannot connect to itself.
 */
const FIRST = 10_000;
const END = 32_000;

/** Processes take blocks of this many ports, so that two of them never return the same one. */
const BLOCK = 50;

/** The blocks of this process: a listener on the first port of each holds it until the process ends. */
const holders: Server[] = [];
let next = 0;
let end = 0;

/**
 * Returns a TCP port on 127.0.0.1 that was free a moment ago. No other process that asks this function returns it
 * while this one runs, and this one returns it once.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    if (next === end) await takeBlock();
    const port = next++;
    if (await isFree(port)) return port;
  }
}

/** Takes a block of ports that no process has. */
async function takeBlock(): Promise<void> {
  for (;;) {
    const first = FIRST + BLOCK * randomInt((END - FIRST) / BLOCK);
    const holder = await listenOn(first);
    if (holder === undefined) continue;
    holder.unref();
    holders.push(holder);
    next = first + 1;
    end = first + BLOCK;
    return;
  }
}

/** Whether nothing listens on a TCP port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  server.close();
  await once(server, "close");
  return true;
}

/** Listens on a TCP port of 127.0.0.1. Resolves with undefined if it is taken. */
async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host: "127.0.0.1", exclusive: true });
    await once(server, "listening");
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
}
