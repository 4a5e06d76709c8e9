import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Listens, and then never runs again: the system accepts as many connections as the queue holds, for nobody. */
const LISTENER = `
const server = require("node:net").createServer();
server.listen({ host: process.argv[1], port: Number(process.argv[2]), backlog: 1 }, () => {
  require("node:fs").writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** How many connections a queue of 1 holds. */
const HELD = 2;
/** When the system asks again for a connection that was not answered. On one machine it is answered at once, or the queue is full. */
const ASKED_AGAIN_MS = 1_000;

/**
 * An address at which no connection is answered, as at that of a pod that has gone: the queue of its listener is full, so the
 * system drops what asks for a connection.
 */
export async function openBlackHole(host: string, port = 0) {
  const child = spawn(process.execPath, ["-e", LISTENER, host, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [bytes] = (await once(child.stdout, "data")) as [Buffer];
  const bound = Number(bytes.toString());
  const sockets: Socket[] = [];
  for (let at = 0; at < HELD; at += 1) {
    // Clients that still ask for the address may have taken the places in the queue: it is full all the same.
    const socket = connect(bound, host).on("error", () => undefined);
    sockets.push(socket);
    const asked = AbortSignal.timeout(ASKED_AGAIN_MS);
    await once(socket, "connect", { signal: asked }).catch((error: unknown) => {
      if (!asked.aborted) throw error;
    });
  }
  return {
    port: bound,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
