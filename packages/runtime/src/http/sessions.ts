import { constants, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { Clock, TimerHandle } from "@millrace/shared";
import type { ConnectionAge } from "./connection-age.ts";

/** Detects a dead peer within 15 s, like the gRPC listener. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

/** The last stream id of a GOAWAY that refuses no stream yet. */
const ANY_STREAM = 2 ** 31 - 1;
/** The time between a GOAWAY and the close. Streams that the peer began before it received the GOAWAY arrive meanwhile. */
const LAST_STREAMS_MS = 1_000;

/** Watches a server's HTTP/2 connections: pings them, and closes old ones gracefully. */
export function trackSessions(
  server: Http2Server,
  { clock, age }: { readonly clock: Clock; readonly age: ConnectionAge },
): { close(): void } {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    const timer = watchOver(session, clock);
    const aging = age.start({
      onOld: () => leave(session, clock),
      onOver: () => session.destroy(),
    });
    session.once("close", () => {
      sessions.delete(session);
      timer.cancel();
      aging.cancel();
    });
  });
  return {
    /** Accepts no new streams. Each session ends with its last stream. */
    close() {
      for (const session of sessions) session.close();
    },
  };
}

/** Asks the peer to open no more streams, and closes the session after the streams that it opened before it knew. */
function leave(session: ServerHttp2Session, clock: Clock): void {
  if (session.closed || session.destroyed) return;
  session.goaway(constants.NGHTTP2_NO_ERROR, ANY_STREAM);
  clock.after(LAST_STREAMS_MS, () => {
    if (!session.closed && !session.destroyed) session.close();
  });
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
