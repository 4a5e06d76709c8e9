import type { Socket } from "node:net";
import type { Clock } from "@millrace/shared";

export type HttpProtocol = "http1" | "http2";

/** The first bytes of every HTTP/2 connection. No request of HTTP/1.1 begins like that. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n");
/** How long a connection may stay silent. */
const SILENT_MS = 60_000;

/**
 * Tells from a plaintext connection's first bytes which protocol it speaks. The bytes remain to be read. Returns undefined if
 * the connection closes, or if it sends too little for a minute and is cut.
 */
export function protocolOf(socket: Socket, clock: Clock): Promise<HttpProtocol | undefined> {
  return new Promise((resolve) => {
    let head = Buffer.alloc(0);
    const settle = (protocol: HttpProtocol | undefined) => {
      silent.cancel();
      socket
        .off("readable", onReadable)
        .off("end", onEnd)
        .off("close", onClose)
        .off("error", onError);
      resolve(protocol);
    };
    const silent = clock.after(SILENT_MS, () => socket.destroy());
    const onClose = () => settle(undefined);
    // Clients close spare connections without a request. There is nothing to wait for.
    const onEnd = () => socket.destroy();
    // The close event that follows is enough. Without a listener, the error would end the process.
    const onError = () => undefined;
    const onReadable = () => {
      for (let piece = socket.read(); piece !== null; piece = socket.read()) {
        head = Buffer.concat([head, piece as Buffer]);
      }
      if (head.length === 0) return;
      const compared = Math.min(head.length, PREFACE.length);
      const matches = head.subarray(0, compared).equals(PREFACE.subarray(0, compared));
      if (matches && compared < PREFACE.length) return;
      socket.unshift(head);
      settle(matches ? "http2" : "http1");
    };
    socket.on("readable", onReadable).on("end", onEnd).on("close", onClose).on("error", onError);
  });
}
