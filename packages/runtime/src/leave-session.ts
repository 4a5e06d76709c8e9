import { constants, type ServerHttp2Session } from "node:http2";
import type { Clock } from "@millrace/shared";

/** The last stream id of a GOAWAY that refuses no stream yet. */
const ANY_STREAM = 2 ** 31 - 1;
/** The time between a GOAWAY and the close. Streams that the peer began before it received the GOAWAY arrive meanwhile. */
const LAST_STREAMS_MS = 1_000;

const left = new WeakSet<ServerHttp2Session>();

/** Asks the peer to open no more streams, and closes the session after the streams that it opened before it knew. */
export function leaveSession(session: ServerHttp2Session, clock: Clock): void {
  if (session.closed || session.destroyed || left.has(session)) return;
  left.add(session);
  session.goaway(constants.NGHTTP2_NO_ERROR, ANY_STREAM);
  clock.after(LAST_STREAMS_MS, () => {
    if (!session.closed && !session.destroyed) session.close();
  });
}
