import type { JobId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asText, unexpectedReply } from "../redis/reply.ts";
import type { OutputChunk, OutputRead } from "./contract.ts";

export interface ReadOutputRequest {
  readonly jobId: JobId;
  readonly fromOffset: number;
  readonly maxChunks: number;
  readonly maxBytes: number;
}

const kinds: Readonly<Record<string, OutputChunk["kind"]>> = {
  t: "text",
  d: "data",
  p: "progress",
  r: "reset",
};

export const readOutput = defineScript<ReadOutputRequest, OutputRead>(import.meta.url, {
  name: "read_output",
  argv: ["id", "from_offset", "max_chunks", "max_bytes"],
  binary: true,
  encode: ({ jobId, fromOffset, maxChunks, maxBytes }) => [jobId, fromOffset, maxChunks, maxBytes],
  decode(reply) {
    const [word, offset, ...chunks] = asList(reply);
    switch (asText(word)) {
      case "CHUNKS":
        return { kind: "chunks", chunks: chunks.map(toChunk), nextOffset: asNumber(offset) };
      case "GONE":
        return { kind: "gone", oldestOffset: asNumber(offset) };
      case "NOT_FOUND":
        return { kind: "notFound" };
      default:
        return unexpectedReply("read_output", reply);
    }
  },
});

function toChunk(reply: unknown): OutputChunk {
  const [offset, letter, attempt, storedMs, body] = asList(reply);
  const kind = kinds[asText(letter)];
  if (kind === undefined || !Buffer.isBuffer(body)) return unexpectedReply("read_output", reply);
  return {
    offset: asNumber(offset),
    attempt: asNumber(attempt),
    kind,
    body,
    storedAtMs: asNumber(storedMs),
  };
}
