import { limits } from "@millrace/shared";
import { defineScript, type ScriptArg } from "../redis/define-script.ts";
import { asList, asNumber, unexpectedReply } from "../redis/reply.ts";
import type { AppendOutcome, ChunkKind, OutputBatch } from "./contract.ts";

export interface AppendRequest {
  readonly nowMs: number;
  /** Each batch has at least one chunk. Its chunks are numbered without gaps. */
  readonly batches: readonly OutputBatch[];
}

export const kindLetter: Readonly<Record<ChunkKind, string>> = {
  text: "t",
  data: "d",
  progress: "p",
};

export const appendOutput = defineScript<AppendRequest, readonly AppendOutcome[]>(import.meta.url, {
  name: "append_output",
  argv: ["now_ms", "limit_bytes"],
  perItem: ["id", "token", "first_seq", "chunk_count"],
  perSubItem: ["kind", "body"],
  encode({ nowMs, batches }) {
    const args: ScriptArg[] = [nowMs, limits.outputBytes];
    for (const { jobId, token, chunks } of batches) {
      args.push(jobId, token, chunks[0]?.seq ?? 0, chunks.length);
      for (const chunk of chunks) args.push(kindLetter[chunk.kind], chunk.body);
    }
    return args;
  },
  decode: (reply) => asList(reply).map(outcome),
});

function outcome(reply: unknown): AppendOutcome {
  const [word, seq, offset] = asList(reply);
  switch (word) {
    case "APPENDED":
      return { kind: "appended", nextSeq: asNumber(seq), nextOffset: asNumber(offset) };
    case "FULL":
      return { kind: "full", nextSeq: asNumber(seq), nextOffset: asNumber(offset) };
    case "GAP":
      return { kind: "gap", expectedSeq: asNumber(seq) };
    case "LEASE_LOST":
      return { kind: "leaseLost" };
    default:
      return unexpectedReply("append_output", reply);
  }
}
