import { type HttpAnswer, RpcFault } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { withHeartbeat } from "../../http/heartbeat.ts";
import { jsonAnswer } from "../../http/json-answer.ts";
import { errorBody } from "../openai-error.ts";
import { openAiErrorOf } from "../openai-fault.ts";

/** Proxies close a silent connection after about a minute, so this is well below. */
const HEARTBEAT_MS = 15_000;

/**
 * How long JSON is awaited before the answer begins without it. It leaves most errors a status of their own, and is below the
 * minute too.
 */
const SILENT_MS = 25_000;

/** An answer in JSON. */
export interface JsonReply {
  readonly json: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Answers with JSON, once it is there. If it takes long, the answer begins before: with white space, which JSON may begin
 * with. An error that comes later is told in the body, because the status is already sent.
 */
export async function jsonWhenReady(work: Promise<JsonReply>, clock: Clock): Promise<HttpAnswer> {
  const late = Promise.withResolvers<undefined>();
  const timer = clock.after(SILENT_MS, () => late.resolve(undefined));
  const soon = await Promise.race([work, late.promise]).finally(() => timer.cancel());
  if (soon !== undefined) return jsonAnswer(200, soon.json, soon.headers);
  const rest = withHeartbeat(asPiece(work), " ", { clock, everyMs: HEARTBEAT_MS });
  return { ...jsonAnswer(200, ""), body: afterSpace(rest) };
}

async function* afterSpace(rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield " ";
  yield* rest;
}

async function* asPiece(work: Promise<JsonReply>): AsyncGenerator<string> {
  try {
    yield (await work).json;
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    yield JSON.stringify(errorBody(openAiErrorOf(error)));
  }
}

/**
 * Answers with server-sent events, and with comments while there are none. A fault before the first event has a status of
 * its own. A later one is told in an event that the SDKs throw.
 */
export const eventStream = (
  events: AsyncIterable<string>,
  headers: Readonly<Record<string, string>>,
  clock: Clock,
): HttpAnswer => ({
  status: 200,
  headers: {
    ...headers,
    "cache-control": "no-store",
    "content-type": "text/event-stream",
    // By default nginx buffers the events before it sends them.
    "x-accel-buffering": "no",
  },
  body: told(withHeartbeat(events, ": keep-alive\n\n", { clock, everyMs: HEARTBEAT_MS })),
});

async function* told(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let begun = false;
  try {
    for await (const piece of pieces) {
      begun = true;
      yield piece;
    }
  } catch (error) {
    if (!begun || !(error instanceof RpcFault) || error.reason === "DRAINING") throw error;
    yield `data: ${JSON.stringify(errorBody(openAiErrorOf(error)))}\n\n`;
  }
}
