import { create } from "@bufbuild/protobuf";
import { ProgressSchema } from "@millrace/proto/job";
import { type WorkerChunk, WorkerChunkSchema } from "@millrace/proto/worker-service";
import { cutChars, deferred, groupLength, limits, splitBytes } from "@millrace/shared";
import { NonRetryableError } from "./job-failure.ts";

/** An upper bound for the size of a progress report without its message. */
const PROGRESS_BYTES = 32;
/** The contract's limit for the message of a progress report. */
const PROGRESS_MESSAGE_CHARS = 255;
const CHUNKS_PER_TURN = 1_000;
const MOST_PARTS = 2 ** 32 - 1;

interface BufferedChunk {
  readonly chunk: WorkerChunk;
  bytes: number;
}

export interface TakenOutput {
  readonly firstSequence: number;
  readonly chunks: WorkerChunk[];
  readonly bytes: number;
}

const tooMuch = () =>
  new NonRetryableError(
    "TOO_LARGE",
    `The job's output is at its limit of ${limits.outputBytes} bytes.`,
  );

/** A count that the contract cannot represent would end the stream, with all other attempts. */
function wrongParts(counts: Readonly<Record<string, number>>): RangeError | undefined {
  for (const [name, count] of Object.entries(counts)) {
    if (!Number.isInteger(count) || count < 0 || count > MOST_PARTS) {
      return new RangeError(
        `${name} is ${count}, which is not a whole number of 0 to ${MOST_PARTS}`,
      );
    }
  }
  return undefined;
}

/**
 * Buffers the output of one attempt until it is acknowledged. Chunks are numbered from 0 and kept until they are
 * stored. A chunk that was ever sent never changes, so sending it again is idempotent.
 */
export class AttemptOutput {
  readonly #maxBytes: number;
  #chunks: BufferedChunk[] = [];
  /** The number of the first chunk in `#chunks`. All chunks before it are stored. */
  #base = 0;
  /** The number of the next chunk to send on this stream. */
  #next = 0;
  /** All chunks below this number were sent on some stream. */
  #frozen = 0;
  #bytes = 0;
  #refusal: Error | undefined;
  /** Refuses further writes only. Output that is already buffered is still sent. */
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

  /** Buffers text. Resolves when no more than the allowed bytes are unacknowledged. */
  write(text: string): Promise<void> {
    const refusal = this.#refuses();
    if (refusal !== undefined) return Promise.reject(refusal);
    for (const piece of splitBytes(text, limits.chunkBytes)) {
      if (piece !== "") this.#pushText(piece);
    }
    return this.#belowBytes(this.#maxBytes);
  }

  /** Buffers bytes, like `write`. They are copied, since the executor may use them again. */
  writeData(data: Uint8Array): Promise<void> {
    const refusal = this.#refuses();
    if (refusal !== undefined) return Promise.reject(refusal);
    for (let from = 0; from < data.length; from += limits.chunkBytes) {
      const value = Uint8Array.from(data.subarray(from, from + limits.chunkBytes));
      this.#push(create(WorkerChunkSchema, { content: { case: "data", value } }), value.length);
    }
    return this.#belowBytes(this.#maxBytes);
  }

  progress(done: number, total: number, message: string): Promise<void> {
    const refusal = this.#refuses() ?? wrongParts({ done, total });
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

  /** Returns the next chunks to send, as many as `maxBytes` and the contract allow. Undefined if all are sent. */
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

  /** Drops the chunks below `nextSequence`, which are stored. */
  stored(nextSequence: number): void {
    const count = Math.min(Math.max(0, nextSequence - this.#base), this.#chunks.length);
    for (const removed of this.#chunks.splice(0, count)) this.#bytes -= removed.bytes;
    this.#base += count;
    this.#next = Math.max(this.#next, this.#base);
    this.#wake();
  }

  /**
   * Sends again from `nextSequence`. Returns false if chunks from there on were acknowledged and dropped: the
   * store has then lost output that no one else has.
   */
  rewind(nextSequence: number): boolean {
    // Output that was dropped on purpose is not lost.
    if (this.#refusal !== undefined) return true;
    if (nextSequence < this.#base) return false;
    this.stored(nextSequence);
    this.#next = this.#base;
    return true;
  }

  /** Sends all unacknowledged chunks again. */
  resend(): void {
    this.#next = this.#base;
  }

  /** Drops the buffered output and refuses every later write. */
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

  /**
   * Refuses a write when the buffer alone holds more than a job may keep. This happens if the executor does not
   * await its writes.
   */
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
    const { promise, resolve, reject } = deferred<void>();
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
