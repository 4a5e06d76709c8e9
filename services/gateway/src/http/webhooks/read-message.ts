import type { DescMessage, JsonObject, MessageShape } from "@bufbuild/protobuf";
import { assertValid, type CallHeaders, messageFromJson } from "@millrace/runtime";
import { assertJson, readJsonObject } from "../read-json.ts";

interface Request {
  readonly headers: CallHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Reads a request whose body may be empty. `members` come from its address, and take precedence. */
export async function readMessage<Desc extends DescMessage>(
  desc: Desc,
  { headers, body }: Request,
  members: Readonly<Record<string, unknown>> = {},
): Promise<MessageShape<Desc>> {
  const pieces = await Array.fromAsync(body);
  const isEmpty = pieces.every(({ length }) => length === 0);
  if (!isEmpty) assertJson(headers.get("content-type"));
  const json = isEmpty ? {} : await readJsonObject(replayed(pieces), desc);
  const message = messageFromJson(desc, { ...json, ...members } as JsonObject);
  assertValid(desc, message);
  return message;
}

async function* replayed(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
