import { type HttpAnswer, RpcFault } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { withHeartbeat } from "./heartbeat.ts";

/** Proxies close a silent connection after about a minute, so this is well below. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ": still here\n\n";
/** How long a browser waits before it reconnects, in milliseconds; its own default is longer. */
const RETRY = "retry: 1000\n";

/** An event without an id: a client that reconnects does not count it. */
export const eventText = (name: string, json: string): string =>
  `event: ${name}\ndata: ${json}\n\n`;

/**
 * Writes the events of a stream. If it fails after the first event, a comment tells the reason, because the HTTP status is
 * already sent. The answer is cut then, so that clients reconnect, unless they have received everything.
 */
export async function* untilFault(
  events: AsyncIterable<string>,
  isComplete: () => boolean = () => false,
): AsyncGenerator<string> {
  let head = RETRY;
  try {
    for await (const event of events) {
      yield head + event;
      head = "";
    }
  } catch (error) {
    if (head === "" && error instanceof RpcFault) yield `: ${error.reason ?? "cut"}\n\n`;
    if (!isComplete()) throw error;
  }
}

/** Answers with events, and with a comment now and then while there are none. */
export const eventsAnswer = (events: AsyncGenerator<string>, clock: Clock): HttpAnswer => ({
  status: 200,
  headers: {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    // By default nginx buffers the events before it sends them.
    "x-accel-buffering": "no",
  },
  body: withHeartbeat(events, HEARTBEAT, { clock, everyMs: HEARTBEAT_MS }),
});
