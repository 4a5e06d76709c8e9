/**
 * Hands chunks to those who follow their job in this process, as soon as they are stored. So they are not read from Redis
 * again. Redis stays the truth: a follower that lacks earlier chunks reads them.
 */
import type { JobId } from "@millrace/shared";
import type { Signals } from "../signals/contract.ts";
import type { Appended } from "./append_output.ts";
import type { FollowListener, NewChunk, OutputBatch, OutputChunk } from "./contract.ts";

/** The calls under way that store output of a followed job. */
interface Storing {
  calls: number;
  /** The end of the job's output by the signals that came meanwhile: of these calls, or of another process. */
  end: number;
}

export class OutputNews {
  readonly #signals: Signals;
  readonly #followers = new Map<JobId, Set<FollowListener>>();
  readonly #storing = new Map<JobId, Storing>();

  constructor(signals: Signals) {
    this.#signals = signals;
  }

  async follow(
    queue: Parameters<Signals["subscribe"]>[0],
    listener: FollowListener,
    jobId: JobId,
  ): Promise<AsyncDisposable> {
    // The reply of the call tells what it has stored, so its signal would only cause a read.
    const subscription = await this.#signals.subscribe(
      queue,
      (signal) => {
        const storing = this.#storing.get(jobId);
        if (signal.kind !== "output" || storing === undefined) listener(signal);
        else storing.end = Math.max(storing.end, signal.nextOffset);
      },
      jobId,
    );
    const followers = this.#followers.get(jobId) ?? new Set();
    this.#followers.set(jobId, followers.add(listener));
    return {
      [Symbol.asyncDispose]: async () => {
        followers.delete(listener);
        if (followers.size === 0 && this.#followers.get(jobId) === followers) {
          this.#followers.delete(jobId);
        }
        await subscription[Symbol.asyncDispose]();
      },
    };
  }

  /** Called before batches are sent. Returns the batches of followed jobs; call `stored` for each of them. */
  storing(batches: readonly OutputBatch[]): readonly OutputBatch[] {
    if (this.#followers.size === 0) return [];
    const followed = batches.filter(({ jobId }) => this.#followers.has(jobId));
    for (const { jobId } of followed) {
      const storing = this.#storing.get(jobId) ?? { calls: 0, end: 0 };
      storing.calls += 1;
      this.#storing.set(jobId, storing);
    }
    return followed;
  }

  /** `appended` is undefined if the call has failed: it may have stored the batch or not. */
  stored({ jobId, chunks }: OutputBatch, appended: Appended | undefined, nowMs: number): void {
    const storing = this.#storing.get(jobId);
    if (storing === undefined) return;
    storing.calls -= 1;
    if (storing.calls === 0) this.#storing.delete(jobId);
    const followers = this.#followers.get(jobId);
    if (followers === undefined) return;
    const tell: FollowListener = (news) => {
      for (const follower of followers) follower(news);
    };
    if (appended === undefined) {
      tell({ kind: "resync" });
      return;
    }
    const { outcome } = appended;
    if (outcome.kind === "appended" || outcome.kind === "full") {
      const stored = storedChunks(chunks, appended, nowMs);
      if (stored.length > 0) tell({ kind: "stored", jobId, chunks: stored });
    }
    if (storing.end > 0) tell({ kind: "output", jobId, nextOffset: storing.end });
  }
}

/** The chunks of a batch that a call has stored, as a read returns them. Chunks that were stored before are left out. */
function storedChunks(
  chunks: readonly NewChunk[],
  { outcome, attempt, count }: Appended,
  storedAtMs: number,
): OutputChunk[] {
  if (outcome.kind !== "appended" && outcome.kind !== "full") return [];
  const { nextSeq, nextOffset } = outcome;
  return chunks
    .filter(({ seq }) => seq >= nextSeq - count && seq < nextSeq)
    .map(({ seq, kind, body }) => ({
      offset: nextOffset - (nextSeq - seq),
      ...{ attempt, kind, storedAtMs },
      body:
        typeof body === "string"
          ? Buffer.from(body)
          : Buffer.from(body.buffer, body.byteOffset, body.length),
    }));
}
