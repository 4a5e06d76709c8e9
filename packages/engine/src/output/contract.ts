import type { JobId } from "@millrace/shared";
import type { LeaseRef } from "../leases/contract.ts";

export type ChunkKind = "text" | "data" | "progress";

export interface NewChunk {
  /** Its number within the attempt, from 0, without gaps. */
  readonly seq: number;
  readonly kind: ChunkKind;
  readonly body: string | Uint8Array;
}

export interface OutputBatch extends LeaseRef {
  readonly chunks: readonly NewChunk[];
}

export type AppendOutcome =
  | { readonly kind: "appended"; readonly nextSeq: number; readonly nextOffset: number }
  | { readonly kind: "leaseLost" }
  /** Chunks before these are missing: nothing was stored. */
  | { readonly kind: "gap"; readonly expectedSeq: number }
  /** The job's output is at its bound: chunks from `nextSeq` on were dropped. */
  | { readonly kind: "full"; readonly nextSeq: number; readonly nextOffset: number };

export interface OutputChunk {
  /** Its place among all output of the job, from 0, without gaps. */
  readonly offset: number;
  /** The attempt that wrote it, from 1. */
  readonly attempt: number;
  /** `reset`: a new attempt begins; its body is empty. */
  readonly kind: ChunkKind | "reset";
  readonly body: Buffer;
  readonly storedAtMs: number;
}

export type OutputRead =
  | {
      readonly kind: "chunks";
      readonly chunks: readonly OutputChunk[];
      readonly nextOffset: number;
    }
  /** What was asked for is no longer kept. `oldestOffset`: the first that is; the next one to come if none is. */
  | { readonly kind: "gone"; readonly oldestOffset: number }
  | { readonly kind: "notFound" };

export interface Output {
  /** Stores output of running attempts. Chunks that are stored already are skipped. */
  append(batches: readonly OutputBatch[]): Promise<readonly AppendOutcome[]>;
  /** Output from `fromOffset` on; no chunks if none is stored there yet. At least one chunk where there is one, whatever `maxBytes`. */
  readOutput(
    jobId: JobId,
    fromOffset: number,
    maxChunks: number,
    maxBytes: number,
  ): Promise<OutputRead>;
}
