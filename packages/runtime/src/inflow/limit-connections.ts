import type { Server, Socket } from "node:net";
import type { Inflow } from "./inflow.ts";

/** Closes connections of an address that has too many. Call this before the server listens. */
export function limitConnections(server: Server, inflow: Inflow): void {
  const own = server.listeners("connection") as ((socket: Socket) => void)[];
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const leave = inflow.accept(String(socket.remoteAddress));
    if (leave === undefined) return void socket.destroy();
    socket.once("close", leave);
    for (const listener of own) listener.call(server, socket);
  });
}
