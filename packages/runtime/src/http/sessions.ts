import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { Clock, TimerHandle } from "@millrace/shared";
import { leaveSession } from "../leave-session.ts";
import type { ConnectionAge } from "./connection-age.ts";

/** Detects a dead peer within 15 s, like the gRPC listener. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

/** Watches a server's HTTP/2 connections: pings them, and closes old ones gracefully. */
export function trackSessions(
  server: Http2Server,
  { clock, age }: { readonly clock: Clock; readonly age: ConnectionAge },
): { leave(): void; close(): void } {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    const timer = watchOver(session, clock);
    const aging = age.start({
      onOld: () => leaveSession(session, clock),
      onOver: () => session.destroy(),
    });
    session.once("close", () => {
      sessions.delete(session);
      timer.cancel();
      aging.cancel();
    });
  });
  return {
    /** Sends the clients of the sessions of now elsewhere. */
    leave() {
      for (const session of sessions) leaveSession(session, clock);
    },
    /** Accepts no new streams. Each session ends with its last stream. */
    close() {
      for (const session of sessions) session.close();
    },
  };
}

function watchOver(session: ServerHttp2Session, clock: Clock): TimerHandle {
  let timer: TimerHandle;
  const ask = () => {
    // The close event comes one turn later.
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
