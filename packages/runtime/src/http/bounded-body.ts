import type { DescMessage } from "@bufbuild/protobuf";
import { createLoopTurns } from "@millrace/shared";
import { assertBoundedJson } from "../bounds/json-bounds.ts";
import { assertBounded } from "../bounds/message-bounds.ts";
import { compressedFlag } from "../compression.ts";
import type { CallHeaders } from "../handlers.ts";
import { createReadingPace } from "../reading-pace.ts";
import { RpcFault } from "../rpc-fault.ts";
import { toConnectError } from "./connect-fault.ts";

/**
 * The content types of Connect, gRPC-Web and gRPC. Those with a prefix are streams of envelopes, the others are one
 * message.
 */
const CONTENT_TYPE =
  /^application\/(?:(json|proto)|(?:connect\+|grpc(?:-web)?\+)(json|proto)|grpc(?:-web)?)\s*(?:;|$)/i;

const ENVELOPE_HEAD = 5;
/**
 * For a longer message, checking it and building it take two turns of the event loop: each takes some 20 ms for 4 MiB of
 * JSON.
 */
const LONG_BYTES = 128 * 1024;
const COMPRESSED = 1;

export interface MessageLimits {
  /** The longest message, in bytes. A longer one is passed on unchecked, because Connect refuses it. */
  readonly messageBytes: number;
  readonly messageFields: number;
}

export interface BodyForm {
  readonly desc: DescMessage;
  readonly headers: CallHeaders;
  readonly limits: MessageLimits;
  /** Called with each message in JSON, before Connect reads it. */
  readonly onJson?: (message: Uint8Array) => void;
}

/**
 * Passes the body of a call on to Connect, message by message. Each message is checked with `assertBounded` or
 * `assertBoundedJson` before Connect builds an object from it. Throws Connect's own kind of error.
 */
export function boundedBody(
  body: AsyncIterable<Uint8Array>,
  { desc, headers, limits: { messageBytes, messageFields }, onJson }: BodyForm,
): AsyncIterable<Uint8Array> {
  const type = CONTENT_TYPE.exec(headers.get("content-type") ?? "");
  if (type === null) return body;
  const format = (type[1] ?? type[2] ?? "proto").toLowerCase();

  const nextTurn = createLoopTurns();
  const check = async (message: Uint8Array) => {
    try {
      if (format === "json") assertBoundedJson(desc, message, { mostFields: messageFields });
      else assertBounded(desc, message, messageFields);
    } catch (error) {
      throw error instanceof RpcFault ? toConnectError(error) : error;
    }
    if (format === "json") onJson?.(message);
    if (message.length > LONG_BYTES) await nextTurn();
  };
  return type[1] === undefined
    ? envelopes(body, messageBytes, check)
    : oneMessage(body, messageBytes, check);
}

async function* oneMessage(
  body: AsyncIterable<Uint8Array>,
  messageBytes: number,
  check: (message: Uint8Array) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.length;
    if (length > messageBytes) break;
  }
  const message = Buffer.concat(pieces, length);
  if (length <= messageBytes) await check(message);
  yield message;
}

async function* envelopes(
  body: AsyncIterable<Uint8Array>,
  messageBytes: number,
  check: (message: Uint8Array) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let wanted = ENVELOPE_HEAD;
  const pace = createReadingPace();
  for await (const piece of body) {
    pieces.push(piece);
    held += piece.length;
    while (held >= wanted) {
      const bytes = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces, held);
      pieces = [bytes];
      if (((bytes[0] ?? 0) & COMPRESSED) !== 0) throw toConnectError(compressedFlag());
      const length = Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32BE(1);
      wanted = ENVELOPE_HEAD + length;
      // Connect reads only the head of a message that is too long, and refuses it.
      if (length > messageBytes) return yield bytes.subarray(0, ENVELOPE_HEAD);
      if (held < wanted) break;
      await pace(length);
      await check(bytes.subarray(ENVELOPE_HEAD, wanted));
      yield bytes.subarray(0, wanted);
      held -= wanted;
      pieces = held === 0 ? [] : [bytes.subarray(wanted)];
      wanted = ENVELOPE_HEAD;
    }
  }
  // The body ended within an envelope. Connect reports that.
  if (held > 0) yield Buffer.concat(pieces, held);
}
