import type { Job as JobMessage } from "@millrace/proto/job";
import type { SubmitStreamResponse } from "@millrace/proto/job-service";
import { groups, limits, type TimerHandle } from "@millrace/shared";
import type { Connection } from "./connection.ts";
import { LastingStream, type StreamUser } from "./lasting-stream.ts";
import { closedError, type MillraceError } from "./millrace-error.ts";

export interface WaitStreamEvents {
  finished(job: JobMessage): void;
  gone(jobId: string): void;
  /** The stream cannot go on: the key is not valid (any more), or the client is closed. */
  failed(error: MillraceError): void;
  /** Jobs whose end is to be told, asked for again after a cut. */
  readonly awaited: ReadonlyMap<string, unknown>;
}

const idLimits = { maxItems: limits.jobsPerSubmit, maxWeight: 1, weigh: () => 0 };
/** How long what was given up may wait to be read. */
const STALL_MS = 5_000;

/**
 * Waits for the ends of jobs, of all callers on one SubmitStream that submits none: so another may take
 * its place at any time, and asks for what is still awaited.
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

  /** Asks to be told of a job's end. */
  watch(jobId: string): void {
    this.#toForget.delete(jobId);
    this.#toWatch.add(jobId);
    this.#stream.schedule();
  }

  /** Nobody waits for it any more. */
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

  /** What is given up is sent though the transport is behind: it makes room at the gateway. */
  pump(): void {
    if (!this.#stream.isBehind) this.#notStalled();
    for (const ids of groups([...this.#toForget], idLimits)) {
      this.#stream.write({ notifyFinished: true, forgetJobIds: [...ids] });
      // Behind more waits than the gateway takes it may not be read: a new stream asks for the rest alone.
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
