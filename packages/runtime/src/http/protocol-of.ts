import type { Socket } from "node:net";
import type { Clock } from "@millrace/shared";

export type HttpProtocol = "http1" | "http2";

/** What every HTTP/2 connection begins with, and no request of HTTP/1.1. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n");
/** How long a connection may say nothing. */
const SILENT_MS = 60_000;

/**
 * Tells by a plaintext connection's first bytes what it speaks, and leaves them to be read; undefined
 * if it closes, or says too little for a minute and is cut.
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
    // A peer that ends without a request, as clients do with connections to spare, is not waited for.
    const onEnd = () => socket.destroy();
    // The close that follows says it all; without a listener it would end the process.
    const onError = () => undefined;
    const onReadable = () => {
      for (let piece = socket.read(); piece !== null; piece = socket.read()) {
        head = Buffer.concat([head, piece as Buffer]);
      }
      if (head.length === 0) return;
      const shown = Math.min(head.length, PREFACE.length);
      const same = head.subarray(0, shown).equals(PREFACE.subarray(0, shown));
      if (same && shown < PREFACE.length) return;
      socket.unshift(head);
      settle(same ? "http2" : "http1");
    };
    socket.on("readable", onReadable).on("end", onEnd).on("close", onClose).on("error", onError);
  });
}
