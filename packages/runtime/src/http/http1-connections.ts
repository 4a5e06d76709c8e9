import type { RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionAge } from "./connection-age.ts";

/**
 * Ends HTTP/1.1 connections when they are old, or the server leaves or closes. The last answer on a connection announces its end.
 * An idle connection is not closed for its age: a request may be on its way and would be lost.
 */
export class Http1Connections {
  readonly #server: Server;
  readonly #age: ConnectionAge;
  /** Connections whose next answer is the last one. */
  readonly #old = new WeakSet<Socket>();
  /** The response under way on each busy connection. */
  readonly #last = new Map<Socket, ServerResponse>();
  #leaving = false;
  #closing = false;

  constructor(server: Server, age: ConnectionAge) {
    this.#server = server;
    this.#age = age;
  }

  /** Adds a connection that speaks HTTP/1.1. */
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

  /** Marks a connection as busy. The server must call this before the listener that answers. */
  readonly onRequest: RequestListener = ({ socket }, response) => {
    this.#last.set(socket, response);
    if (this.#leaving || this.#old.has(socket)) response.setHeader("connection", "close");
    // Without this, a connection that was busy when the closing began would stay open.
    response.once("close", () => {
      if (this.#last.get(socket) === response) this.#last.delete(socket);
      if (this.#closing) this.#server.closeIdleConnections();
    });
  };

  /** Makes every answer from now on the last one of its connection. New connections are accepted. */
  leave(): void {
    this.#leaving = true;
    this.#endWithAnswers();
  }

  /** Makes the answers that are still under way the last ones. */
  close(): void {
    this.#closing = true;
    this.#endWithAnswers();
  }

  #endWithAnswers(): void {
    for (const response of this.#last.values()) {
      // The caller must send nothing more on this connection, because it would be cut.
      if (!response.headersSent) response.setHeader("connection", "close");
    }
  }
}
