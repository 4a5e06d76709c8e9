import type { Job as JobMessage } from "@millrace/proto/job";
import type { SubmitStreamResponse } from "@millrace/proto/job-service";
import { groups, limits, type TimerHandle } from "@millrace/shared";
import type { Connection } from "./connection.ts";
import { LastingStream, type StreamUser } from "./lasting-stream.ts";
import { closedError, type MillraceError } from "./millrace-error.ts";

export interface WaitStreamEvents {
  finished(job: JobMessage): void;
  gone(jobId: string): void;
  /** The stream cannot go on: the key is no longer valid, or the client is closed. */
  failed(error: MillraceError): void;
  /** The jobs that callers wait for. A new stream asks for them again. */
  readonly awaited: ReadonlyMap<string, unknown>;
}

const idLimits = { maxItems: limits.jobsPerSubmit, maxWeight: 1, weigh: () => 0 };
/** How long the transport may be behind with ids to forget before a new stream replaces this one. */
const STALL_MS = 5_000;

/**
 * Waits for the jobs of all callers to finish, on one SubmitStream that submits none. A new stream may therefore
 * replace it at any time, and asks for the jobs that are still awaited.
 */
export class WaitStream implements StreamUser {
  readonly #connection: Connection;
  readonly #events: WaitStreamEvents;
  readonly #stream: LastingStream;
  readonly #toWatch = new Set<string>();
  readonly #toForget = new Set<string>();
  #stalled: TimerHandle | undefined;

  constructor(connection: Connection, events: WaitStreamEvents) {
    this.#connection = connection;
    this.#events = events;
    this.#stream = new LastingStream(connection, this);
  }

  /** Asks the gateway to report the job's end. */
  watch(jobId: string): void {
    this.#toForget.delete(jobId);
    this.#toWatch.add(jobId);
    this.#stream.schedule();
  }

  /** Tells the gateway that no caller waits for the job any more. */
  forget(jobId: string): void {
    this.#toWatch.delete(jobId);
    this.#toForget.add(jobId);
    this.#stream.schedule();
  }

  close(): void {
    this.failed(closedError());
    this.#notStalled();
    this.#stream.close();
  }

  get isNeeded(): boolean {
    return this.#events.awaited.size > 0;
  }

  opened(): void {
    this.#notStalled();
    this.#toForget.clear();
    this.#toWatch.clear();
    for (const id of this.#events.awaited.keys()) this.#toWatch.add(id);
  }

  giveBack(call: { cancel(): void }): void {
    call.cancel();
  }

  /** Ids to forget are sent even if the transport is behind, because they make room at the gateway. */
  pump(): void {
    if (!this.#stream.isBehind) this.#notStalled();
    for (const ids of groups([...this.#toForget], idLimits)) {
      this.#stream.write({ notifyFinished: true, forgetJobIds: [...ids] });
      // The gateway does not read on while it has more waits than it accepts, so these ids may not reach it.
      // After STALL_MS a new stream asks for the remaining jobs alone.
      if (this.#stream.isBehind) {
        this.#stalled ??= this.#connection.clock.after(STALL_MS, () => this.#stream.renew());
      }
    }
    this.#toForget.clear();
    for (const ids of groups([...this.#toWatch], idLimits)) {
      if (this.#stream.isBehind) return;
      for (const id of ids) this.#toWatch.delete(id);
      this.#stream.write({ notifyFinished: true, notifyJobIds: [...ids] });
    }
  }

  received({ finished, goneJobIds }: SubmitStreamResponse): void {
    for (const job of finished) this.#events.finished(job);
    for (const id of goneJobIds) this.#events.gone(id);
    this.#stream.schedule();
  }

  cut(): void {
    this.#notStalled();
  }

  failed(error: MillraceError): void {
    this.#toWatch.clear();
    this.#events.failed(error);
  }

  #notStalled(): void {
    this.#stalled?.cancel();
    this.#stalled = undefined;
  }
}
