import type { SubmitStreamRequest } from "@millrace/proto/job-service";
import type { CallContext, CallHeaders } from "@millrace/runtime";
import { createWake, parseJobId } from "@millrace/shared";
import type { Caller } from "../callers/caller.ts";
import type { KeyTotal } from "../callers/key-limit.ts";
import type { FinishedNews } from "../watching/finished-news.ts";
import { HeldRequests } from "./held-requests.ts";
import type { StreamSubmissions } from "./stream-submissions.ts";

export interface StreamIntakeOptions {
  readonly parts: {
    readonly authenticate: (headers: CallHeaders, path: string, peer: string) => Promise<unknown>;
    readonly awaited: Pick<KeyTotal, "check">;
    /** How many jobs may be unanswered, and how many may be awaited. */
    readonly streamLimits: { readonly unanswered: number; readonly unfinished: number };
  };
  readonly call: Pick<CallContext<Caller>, "identity" | "headers" | "path" | "peer">;
  readonly jobs: StreamSubmissions;
  readonly news: FinishedNews;
  /** Aborts when the stream is to end. The intake then takes no more messages. */
  readonly leaving: AbortSignal;
  /** Called after each message, and after the last one. */
  readonly onTaken: () => void;
}

/**
 * Takes the messages of one SubmitStream while the stream has room for their jobs. A stream at its limits is read a little
 * further, because messages with forget_job_ids make room.
 */
export class StreamIntake {
  readonly #options: StreamIntakeOptions;
  readonly #held = new HeldRequests();
  readonly #room = createWake();
  #notify: boolean | undefined;
  #over = false;
  #taking = true;
  #isCutShort = false;

  constructor(options: StreamIntakeOptions) {
    this.#options = options;
  }

  /** Whether the caller asked to be notified of the end of each job that it submits. */
  get notifies(): boolean {
    return this.#notify ?? false;
  }

  /** Whether every message of the caller was taken. */
  get isComplete(): boolean {
    return !this.#taking && !this.#isCutShort && this.#held.isEmpty;
  }

  /** Reads all messages. An error here becomes the failure of the stream's jobs. */
  start(requests: AsyncIterable<SubmitStreamRequest>): void {
    const { jobs, onTaken } = this.#options;
    void this.#receive(requests)
      .catch((error: unknown) => jobs.fail(error))
      .finally(() => {
        this.#taking = false;
        onTaken();
      });
  }

  /** Takes messages from the queue while there is room. */
  takeHeld(): void {
    this.#take();
    this.#room.wake();
  }

  #take(): void {
    const { jobs, news, leaving } = this.#options;
    while (!this.#isFull && !leaving.aborted) {
      const request = this.#held.take();
      if (request === undefined) return;
      news.expect(request.notifyJobIds.filter((id) => this.#isOwn(id)));
      news.unknown(request.notifyJobIds.filter((id) => !this.#isOwn(id)));
      jobs.add(request.jobs);
    }
  }

  /** Ends the intake: messages that arrive later are not taken. */
  close(): void {
    this.#over = true;
    this.#room.wake();
  }

  get #isFull(): boolean {
    const { jobs, news, parts } = this.#options;
    const { unanswered, unfinished } = parts.streamLimits;
    return (
      jobs.unanswered >= unanswered ||
      (this.#notify ? jobs.unanswered : 0) + news.outstanding >= unfinished
    );
  }

  #isOwn(id: string): boolean {
    return parseJobId(id)?.keyId === this.#options.call.identity.keyId;
  }

  async #receive(requests: AsyncIterable<SubmitStreamRequest>): Promise<void> {
    const { parts, call, news, leaving, onTaken } = this.#options;
    for await (const request of requests) {
      // A revoked key ends the stream, as it ends other calls.
      await parts.authenticate(call.headers, call.path, call.peer);
      // Messages that are not taken are not submitted, so a caller that receives DRAINING may send them again.
      if (leaving.aborted || this.#over) {
        this.#isCutShort = true;
        return;
      }
      this.#notify ??= request.notifyFinished;
      const asks = request.notifyJobIds.length + (this.#notify ? request.jobs.length : 0);
      if (asks > 0) parts.awaited.check(call.identity.keyId);
      if (request.forgetJobIds.length > 0) {
        this.#held.forget(request.forgetJobIds);
        news.forget(request.forgetJobIds);
      }
      this.#held.add(request);
      this.#take();
      onTaken();
      while (this.#held.isFull && !this.#over) await this.#room.wait();
    }
  }
}
