import { constants, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { Clock, TimerHandle } from "@millrace/shared";
import type { ConnectionAge } from "./connection-age.ts";

/** As on the gRPC listener: a peer that is dead is found in 15 s. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

/** Of a last stream that a peer may begin: none is refused yet. */
const ANY_STREAM = 2 ** 31 - 1;
/** Between the word that a connection ends and its end: streams that were begun meanwhile have come by then. */
const LAST_STREAMS_MS = 1_000;

/** Keeps watch over a server's HTTP/2 connections: asks whether they live, and closes them kindly, also of age. */
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
    /** No new streams; a session ends with its last one. */
    close() {
      for (const session of sessions) session.close();
    },
  };
}

/** Asks the peer to begin no more streams here, and closes the session once those are over that it began before it heard. */
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
