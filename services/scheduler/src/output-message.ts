import { fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { OutputChunk } from "@millrace/engine";
import { type OutputChunkSchema, ProgressSchema } from "@millrace/proto/job";

type Message = MessageInitShape<typeof OutputChunkSchema>;

/** A stored chunk as watchers see it. Progress is stored as its message's bytes. */
export const outputMessage = (chunk: OutputChunk): Message => ({
  offset: BigInt(chunk.offset),
  attempt: chunk.attempt,
  time: timestampFromMs(chunk.storedAtMs),
  content: contentOf(chunk),
});

function contentOf({ kind, body }: OutputChunk): NonNullable<Message["content"]> {
  switch (kind) {
    case "text":
      return { case: "text", value: body.toString() };
    case "data":
      return { case: "data", value: body };
    case "progress":
      return { case: "progress", value: fromBinary(ProgressSchema, body) };
    case "reset":
      return { case: "reset", value: {} };
  }
}
