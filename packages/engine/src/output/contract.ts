import type { JobId, QueueName } from "@millrace/shared";
import type { LeaseRef } from "../leases/contract.ts";
import type { Signal } from "../signals/contract.ts";

export type ChunkKind = "text" | "data" | "progress";

export interface NewChunk {
  /** The chunk's sequence within the attempt, from 0 without gaps. */
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
  /** Chunks before these are missing. Nothing was stored. */
  | { readonly kind: "gap"; readonly expectedSeq: number }
  /** The job's output has reached its limit. Chunks from `nextSeq` on were dropped. */
  | { readonly kind: "full"; readonly nextSeq: number; readonly nextOffset: number };

export interface OutputChunk {
  /** The chunk's place among all output of the job, from 0 without gaps. */
  readonly offset: number;
  /** The attempt that wrote it, from 1. */
  readonly attempt: number;
  /** `reset` marks the beginning of a new attempt; its body is empty. */
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
  /** The requested output is no longer kept. `oldestOffset` is the first kept chunk, or the next one to come if none is kept. */
  | { readonly kind: "gone"; readonly oldestOffset: number }
  | { readonly kind: "notFound" };

/** What a follower of a job hears: signals, and chunks that were just stored. */
export type FollowNews =
  | Signal
  | {
      readonly kind: "stored";
      readonly jobId: JobId;
      /** They follow one another without gaps. */
      readonly chunks: readonly OutputChunk[];
    };

export type FollowListener = (news: FollowNews) => void;

export interface Output {
  /**
   * Subscribes to the signals about a job. In place of a signal about output that this engine itself has stored, the listener
   * gets the chunks. Like signals, they are hints: a listener that has a gap reads.
   */
  followOutput(queue: QueueName, listener: FollowListener, jobId: JobId): Promise<AsyncDisposable>;
  /** Stores output of running attempts. Chunks that are already stored are skipped. */
  append(batches: readonly OutputBatch[]): Promise<readonly AppendOutcome[]>;
  /** Returns output from `fromOffset` on, or no chunks if none is stored there yet. If any is, it returns at least one, even above `maxBytes`. */
  readOutput(
    jobId: JobId,
    fromOffset: number,
    maxChunks: number,
    maxBytes: number,
  ): Promise<OutputRead>;
}
