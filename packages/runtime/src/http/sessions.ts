import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { Clock, TimerHandle } from "@millrace/shared";

/** As on the gRPC listener: a peer that is dead is found in 15 s. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

/** Keeps watch over a server's HTTP/2 connections: asks whether they live, and closes them kindly. */
export function trackSessions(server: Http2Server, clock: Clock): { close(): void } {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    const timer = watchOver(session, clock);
    session.once("close", () => {
      sessions.delete(session);
      timer.cancel();
    });
  });
  return {
    /** No new streams; a session ends with its last one. */
    close() {
      for (const session of sessions) session.close();
    },
  };
}

function watchOver(session: ServerHttp2Session, clock: Clock): TimerHandle {
  let timer: TimerHandle;
  const ask = () => {
    // Its close is told a turn later.
    if (session.destroyed) return;
    timer = clock.after(PONG_WITHIN_MS, () => session.destroy());
    session.ping((error) => {
      timer.cancel();
      if (error === null && !session.destroyed) timer = clock.after(PING_EVERY_MS, ask);
    });
  };
  timer = clock.after(PING_EVERY_MS, ask);
  return { cancel: () => timer.cancel() };
}
