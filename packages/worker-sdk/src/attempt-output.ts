import { create } from "@bufbuild/protobuf";
import { ProgressSchema } from "@millrace/proto/job";
import { type WorkerChunk, WorkerChunkSchema } from "@millrace/proto/worker-service";
import { cutChars, groupLength, limits, splitBytes } from "@millrace/shared";
import { NonRetryableError } from "./job-failure.ts";

/** More than what a report of progress takes beside its message. */
const PROGRESS_BYTES = 32;
/** What the contract takes of a report's message. */
const PROGRESS_MESSAGE_CHARS = 255;
const CHUNKS_PER_TURN = 1_000;

interface BufferedChunk {
  readonly chunk: WorkerChunk;
  bytes: number;
}

export interface TakenOutput {
  readonly firstSequence: number;
  readonly chunks: WorkerChunk[];
  readonly bytes: number;
}

const tooMuch = () => new NonRetryableError("TOO_LARGE", "The job's output is at its limit.");

/**
 * The output of one attempt that is not yet acknowledged. Chunks are numbered from 0 and kept
 * until stored; a chunk that was ever sent never changes, so that sending it again is harmless.
 */
export class AttemptOutput {
  readonly #maxBytes: number;
  #chunks: BufferedChunk[] = [];
  /** The number of the first chunk in `#chunks`: all before it are stored. */
  #base = 0;
  /** The next one to send on this stream. */
  #next = 0;
  /** All below were sent on some stream. */
  #frozen = 0;
  #bytes = 0;
  #refusal: Error | undefined;
  /** For writes alone: what was buffered before goes on its way. */
  #overflow: Error | undefined;
  #waiting: { floor: number; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(maxUnacknowledgedBytes: number) {
    this.#maxBytes = maxUnacknowledgedBytes;
  }

  get acknowledged(): boolean {
    return this.#chunks.length === 0;
  }

  get hasUnsent(): boolean {
    return this.#next < this.#base + this.#chunks.length;
  }

  /** Buffers text; resolves when no more than the allowed bytes are unacknowledged. */
  write(text: string): Promise<void> {
    const refusal = this.#refuses();
    if (refusal !== undefined) return Promise.reject(refusal);
    for (const piece of splitBytes(text, limits.chunkBytes)) {
      if (piece !== "") this.#pushText(piece);
    }
    return this.#belowBytes(this.#maxBytes);
  }

  progress(done: number, total: number, message: string): Promise<void> {
    const refusal = this.#refuses();
    if (refusal !== undefined) return Promise.reject(refusal);
    const value = create(ProgressSchema, {
      done,
      total,
      message: cutChars(message, PROGRESS_MESSAGE_CHARS),
    });
    const last = this.#unsentTail();
    if (last?.chunk.content.case === "progress") last.chunk.content.value = value;
    else {
      const bytes = PROGRESS_BYTES + Buffer.byteLength(value.message);
      this.#push(create(WorkerChunkSchema, { content: { case: "progress", value } }), bytes);
    }
    return this.#belowBytes(this.#maxBytes);
  }

  /** The next chunks to send, as many as `maxBytes` and the contract allow, or undefined if all are sent. */
  take(maxBytes: number): TakenOutput | undefined {
    if (!this.hasUnsent) return undefined;
    const firstSequence = this.#next;
    const unsent = this.#chunks.slice(firstSequence - this.#base);
    const length = groupLength(unsent, 0, {
      maxItems: CHUNKS_PER_TURN,
      maxWeight: maxBytes,
      weigh: (buffered) => buffered.bytes,
    });
    const taken = unsent.slice(0, length);
    this.#next += length;
    this.#frozen = Math.max(this.#frozen, this.#next);
    return {
      firstSequence,
      chunks: taken.map(({ chunk }) => chunk),
      bytes: taken.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** All chunks below `nextSequence` are stored. */
  stored(nextSequence: number): void {
    const count = Math.min(Math.max(0, nextSequence - this.#base), this.#chunks.length);
    for (const removed of this.#chunks.splice(0, count)) this.#bytes -= removed.bytes;
    this.#base += count;
    this.#next = Math.max(this.#next, this.#base);
    this.#wake();
  }

  /**
   * Sends again from `nextSequence`. False: chunks from there on were acknowledged before and are
   * gone, so that the store has lost output that nobody has any more.
   */
  rewind(nextSequence: number): boolean {
    // What was dropped on purpose is not missed.
    if (this.#refusal !== undefined) return true;
    if (nextSequence < this.#base) return false;
    this.stored(nextSequence);
    this.#next = this.#base;
    return true;
  }

  /** Sends again all that is unacknowledged. */
  resend(): void {
    this.#next = this.#base;
  }

  /** Drops what is buffered and refuses whatever comes. */
  close(reason: Error): void {
    this.#refusal ??= reason;
    this.#base += this.#chunks.length;
    this.#next = this.#base;
    this.#chunks = [];
    this.#bytes = 0;
    this.#wake();
  }

  full(): void {
    this.close(tooMuch());
  }

  /** What is buffered alone is more than a job keeps: its executor does not wait for its writes. */
  #refuses(): Error | undefined {
    if (this.#bytes > limits.outputBytes) this.#overflow ??= tooMuch();
    return this.#refusal ?? this.#overflow;
  }

  #pushText(text: string): void {
    const bytes = Buffer.byteLength(text);
    const last = this.#unsentTail();
    if (last?.chunk.content.case === "text" && last.bytes + bytes <= limits.chunkBytes) {
      last.chunk.content.value += text;
      last.bytes += bytes;
      this.#bytes += bytes;
      return;
    }
    this.#push(create(WorkerChunkSchema, { content: { case: "text", value: text } }), bytes);
  }

  #push(chunk: WorkerChunk, bytes: number): void {
    this.#chunks.push({ chunk, bytes });
    this.#bytes += bytes;
  }

  #unsentTail(): BufferedChunk | undefined {
    return this.#base + this.#chunks.length > this.#frozen ? this.#chunks.at(-1) : undefined;
  }

  #belowBytes(floor: number): Promise<void> {
    if (this.#bytes <= floor) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ floor, resolve, reject });
    return promise;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (this.#refusal !== undefined) waiter.reject(this.#refusal);
      else if (this.#bytes <= waiter.floor) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }
}
