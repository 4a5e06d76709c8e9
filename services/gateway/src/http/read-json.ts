import type { DescMessage } from "@bufbuild/protobuf";
import {
  assertBoundedJson,
  defaultServeLimits,
  type JsonMember,
  rpcError,
} from "@millrace/runtime";

/**
 * A job has about 18 members. More than this limit are refused before they are copied: copying takes longer than
 * parsing.
 */
const MOST_MEMBERS = 64;

const malformed = (message: string, cause?: unknown) =>
  rpcError({ reason: "MALFORMED", message, cause });

/** Reads a JSON message of `desc`, which may have one additional member. The body is UTF-8, and no longer than a message may be. */
export async function readJsonObject(
  body: AsyncIterable<Uint8Array>,
  desc: DescMessage,
  member?: JsonMember,
): Promise<Readonly<Record<string, unknown>>> {
  const limit = defaultServeLimits.messageBytes;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > limit) {
      throw rpcError({
        reason: "TOO_LARGE",
        message: `the body is larger than the limit of ${limit} bytes`,
      });
    }
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces, bytes);
  assertBoundedJson(desc, text, member === undefined ? {} : { member });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch (cause) {
    throw malformed(`the body is not valid JSON in UTF-8: ${(cause as Error).message}`, cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed("the body must be a JSON object");
  }
  const members = Object.keys(value).length;
  if (members > MOST_MEMBERS) {
    throw malformed(`the body has ${members} members, and the limit is ${MOST_MEMBERS}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** Throws MEDIA_TYPE if the content type is given and is not JSON. */
export function assertJson(contentType: string | undefined): void {
  const [type = ""] = (contentType ?? "").split(";");
  if (/^\s*(|application\/([^/]+\+)?json)\s*$/i.test(type)) return;
  const message = `content-type: must be application/json, not ${type.trim()}`;
  throw rpcError({ reason: "MEDIA_TYPE", message });
}
