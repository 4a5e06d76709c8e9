import type { RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionAge } from "./connection-age.ts";

/**
 * The connections of HTTP/1.1, each ended with an answer that says so: once it is old, or the server closes. An idle one
 * is not closed for its age: a request may be on its way, which would be lost.
 */
export class Http1Connections {
  readonly #server: Server;
  readonly #age: ConnectionAge;
  /** Connections whose next answer is to be the last. */
  readonly #old = new WeakSet<Socket>();
  /** Of each connection that is busy, what it is to say last. */
  readonly #last = new Map<Socket, ServerResponse>();
  #closing = false;

  constructor(server: Server, age: ConnectionAge) {
    this.#server = server;
    this.#age = age;
  }

  /** The connection speaks HTTP/1.1. */
  add(socket: Socket): void {
    let during: ServerResponse | undefined;
    const onOld = () => {
      this.#old.add(socket);
      during = this.#last.get(socket);
    };
    const onOver = () => {
      if (during !== undefined && this.#last.get(socket) === during) socket.destroy();
    };
    const aging = this.#age.start({ onOld, onOver });
    socket.once("close", () => aging.cancel());
  }

  /** A connection is busy with a request. For the server, before whatever answers. */
  readonly onRequest: RequestListener = ({ socket }, response) => {
    this.#last.set(socket, response);
    if (this.#old.has(socket)) response.setHeader("connection", "close");
    // A connection that was busy when the closing began would otherwise be kept open after it.
    response.once("close", () => {
      if (this.#last.get(socket) === response) this.#last.delete(socket);
      if (this.#closing) this.#server.closeIdleConnections();
    });
  };

  /** Answers that are still to come are the last ones. */
  close(): void {
    this.#closing = true;
    for (const response of this.#last.values()) {
      // Its caller is to send nothing more on it: that would be cut.
      if (!response.headersSent) response.setHeader("connection", "close");
    }
  }
}
