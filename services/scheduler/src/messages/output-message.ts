import { fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import type { OutputChunk } from "@millrace/engine";
import { type OutputChunkSchema, ProgressSchema } from "@millrace/proto/job";
import { timestampOf } from "@millrace/runtime";

type Message = MessageInitShape<typeof OutputChunkSchema>;

/** A stored chunk as watchers see it. Progress is stored as a serialized message. */
export const outputMessage = (chunk: OutputChunk): Message => ({
  offset: BigInt(chunk.offset),
  attempt: chunk.attempt,
  time: timestampOf(chunk.storedAtMs),
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
