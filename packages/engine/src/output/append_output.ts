import { limits } from "@millrace/shared";
import { defineScript, type ScriptArg } from "../redis/define-script.ts";
import { asList, asNumber, unexpectedReply } from "../redis/reply.ts";
import type { AppendOutcome, ChunkKind, OutputBatch } from "./contract.ts";

export interface AppendRequest {
  readonly nowMs: number;
  /** Each batch has at least one chunk. Its chunks are numbered without gaps. */
  readonly batches: readonly OutputBatch[];
}

export interface Appended {
  readonly outcome: AppendOutcome;
  /** The attempt that wrote the batch, and how many of its chunks this call has stored; 0 if it stored nothing. */
  readonly attempt: number;
  readonly count: number;
}

export const kindLetter: Readonly<Record<ChunkKind, string>> = {
  text: "t",
  data: "d",
  progress: "p",
};

export const appendOutput = defineScript<AppendRequest, readonly Appended[]>(import.meta.url, {
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
  decode: (reply) => asList(reply).map(appended),
});

const nothing = { attempt: 0, count: 0 };

function appended(reply: unknown): Appended {
  const [word, seq, offset, attempt, count] = asList(reply);
  switch (word) {
    case "APPENDED":
    case "FULL": {
      const kind = word === "FULL" ? "full" : "appended";
      const outcome = { kind, nextSeq: asNumber(seq), nextOffset: asNumber(offset) } as const;
      return { outcome, attempt: asNumber(attempt), count: asNumber(count) };
    }
    case "GAP":
      return { outcome: { kind: "gap", expectedSeq: asNumber(seq) }, ...nothing };
    case "LEASE_LOST":
      return { outcome: { kind: "leaseLost" }, ...nothing };
    default:
      return unexpectedReply("append_output", reply);
  }
}
