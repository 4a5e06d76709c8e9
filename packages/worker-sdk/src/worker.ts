import {
  type Assignment,
  type LeaseRef,
  StopReason,
  type Welcome,
  type WorkResponse,
  WriteStatus,
} from "@millrace/proto/worker-service";
import { backoffMs, holdProcess, sleep } from "@millrace/shared";
import { Attempt, leaseKey } from "./attempt.ts";
import { checkOptions } from "./check-options.ts";
import type { Log } from "./executor.ts";
import * as messages from "./messages.ts";
import { DirectLink } from "./stream/direct-link.ts";
import type { Link, StreamError } from "./stream/link.ts";
import { Session } from "./stream/session.ts";
import { ThreadLink } from "./stream/thread-link.ts";
import type { BlockedJob } from "./stream/thread-messages.ts";
import { Uplink } from "./uplink.ts";
import type { RunningWorker, WorkerOptions } from "./worker-options.ts";
import { refusalOf, type WorkerRefusedError } from "./worker-refused.ts";

const reconnectBackoff = { initialMs: 200, maxMs: 10_000, factor: 2, jitter: 1 };
const retryWriteBackoff = { initialMs: 250, maxMs: 250, factor: 1, jitter: 0.5 };
/** What draining may take beyond its grace: the last outcomes and the goodbye. */
const leaveMs = 5_000;
/** How long a job of a type without an executor keeps its slot before it goes back, so that it cannot come and go in a loop. */
const unknownTypeMs = 1_000;
const defaultRefusedGraceMs = 10 * 60_000;
const defaultMaxBlockedMs = 5 * 60_000;
/** Of jobs that are named for one block of the event loop. */
const blockedJobLines = 20;
/** The contract's bound of a heartbeat and of a hello. */
const maxLeases = 10_000;

/**
 * Connects in the background, and again whenever the stream ends, until it is drained or can never be
 * let in. Keeps the process alive until then. Throws WorkerRefusedError for options that no scheduler takes.
 */
export function startWorker(options: WorkerOptions): RunningWorker {
  checkOptions(options);
  const worker = new Worker(options);
  worker.connect();
  return worker;
}

class Worker implements RunningWorker {
  readonly #options: WorkerOptions;
  readonly #log: Log;
  readonly #link: Link;
  readonly #attempts = new Map<string, Attempt>();
  readonly #uplink = new Uplink(() => this.#freeSlots());
  readonly #ended = Promise.withResolvers<void>();
  readonly #process = holdProcess();
  #session: Session | undefined;
  #welcomed = false;
  #connectAttempts = 0;
  /** It was let in at some time: what is refused now may be a secret that is just being changed. */
  #letIn = false;
  /** Since when it has been refused without being let in. */
  #refusedSinceMs: number | undefined;
  /** The free slots that the stream's hello told of. */
  #offered = 0;
  /** Attempts whose executor has not returned, or that have none and have not gone back. */
  #running = 0;
  #draining = false;
  #saidGoodbye = false;
  #closed = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#log = options.log ?? (() => undefined);
    this.#link = this.#newLink();
  }

  get connected(): boolean {
    return this.#welcomed;
  }

  connect(): void {
    if (this.#closed) return;
    this.#welcomed = false;
    this.#offered = this.#freeSlots();
    const { token, tls } = this.#options;
    const shown = typeof token === "function" ? token() : token;
    const hello = messages.hello(this.#options, this.#offered, this.#heldLeases());
    const session: Session = new Session(this.#link, { token: shown, tls: tls?.current }, hello, {
      message: (response) => {
        if (this.#session === session) this.#receive(response);
      },
      handedBack: (count) => {
        if (this.#session !== session) return;
        this.#uplink.slotsFilled(count);
        this.#uplink.flushSoon();
      },
      ended: (error) => {
        if (this.#session === session) this.#cut(error);
      },
    });
    this.#session = session;
  }

  #newLink(): Link {
    const { schedulerAddress: address, credentials, streamThread = true } = this.#options;
    if (credentials !== undefined || !streamThread) return new DirectLink(address, credentials);
    return new ThreadLink({
      address,
      maxBlockedMs: this.#options.maxBlockedMs ?? defaultMaxBlockedMs,
      onBlocked: (blockedMs, jobs) => this.#wasBlocked(blockedMs, jobs),
    });
  }

  #wasBlocked(blockedMs: number, jobs: readonly BlockedJob[]): void {
    const blocked = `blocked the event loop for ${Math.round(blockedMs / 1_000)} s`;
    const who = jobs.length === 1 ? "this job" : `one of ${jobs.length} jobs`;
    for (const { jobId, type } of jobs.slice(0, blockedJobLines)) {
      this.#log("warn", `${who} ${blocked}; compute in threads`, { jobId, type, blockedMs });
    }
  }

  async drain(graceMs: number): Promise<void> {
    if (!this.#draining) {
      this.#draining = true;
      this.#session?.send(messages.draining());
      const { clock } = this.#options;
      const handBack = clock.after(graceMs, () => {
        for (const attempt of this.#attempts.values()) attempt.handBack("the worker drains");
      });
      const giveUp = clock.after(graceMs + leaveMs, () => this.#close());
      this.#leaveIfDone();
      await this.#ended.promise.catch(() => undefined);
      handBack.cancel();
      giveUp.cancel();
    }
    await this.#ended.promise.catch(() => undefined);
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * A slot is free once its executor has returned, within reason: what is not yet settled takes memory. Credit is
   * given for slots alone; the scheduler counts guests itself.
   */
  #freeSlots(guests = 0): number {
    if (this.#draining) return 0;
    const slots = this.#options.slots + guests;
    const unsettled = Math.min(2 * slots, maxLeases) - this.#attempts.size;
    return Math.max(0, Math.min(slots - this.#running, unsettled));
  }

  #heldLeases(): LeaseRef[] {
    return [...this.#attempts.values()].filter((a) => !a.released).map((a) => a.lease);
  }

  #find(lease: LeaseRef | undefined): Attempt | undefined {
    const attempt = lease && this.#attempts.get(leaseKey(lease));
    return attempt?.released === true ? undefined : attempt;
  }

  #receive({ message }: WorkResponse): void {
    switch (message.case) {
      case "welcome":
        this.#welcome(message.value);
        return;
      case "assignments":
        this.#uplink.slotsFilled(message.value.assignments.length);
        for (const assignment of message.value.assignments) this.#assign(assignment);
        return;
      case "heartbeatAck":
        for (const lease of message.value.lost) this.#find(lease)?.lose();
        return;
      case "outputAcks":
        for (const ack of message.value.acks) {
          const attempt = this.#find(ack.lease);
          if (attempt === undefined) continue;
          this.#outputAnswered(attempt, ack.status, ack.nextSequence);
          this.#uplink.changed(attempt);
        }
        this.#uplink.outputAnswered(message.value.acks.length);
        return;
      case "settleAcks":
        for (const ack of message.value.acks) {
          const attempt = this.#find(ack.lease);
          if (attempt !== undefined) this.#settleAnswered(attempt, ack.status);
        }
        this.#uplink.settleAnswered(message.value.acks.length);
        return;
      case "stop":
        for (const { lease, reason } of message.value.attempts) {
          if (reason === StopReason.LEASE_LOST) this.#find(lease)?.lose();
          else this.#find(lease)?.stop(StopReason[reason].toLowerCase());
        }
        return;
      case "drain":
        // Leases outlive the stream: another replica answers the next one.
        this.#log("info", "the scheduler drains; connecting again");
        this.#session?.cut();
        return;
      case undefined:
        return;
    }
  }

  #welcome(welcome: Welcome): void {
    this.#welcomed = true;
    this.#letIn = true;
    this.#refusedSinceMs = undefined;
    this.#connectAttempts = 0;
    this.#log("info", "connected", { schedulerId: welcome.schedulerId });
    for (const queue of welcome.undefinedQueues) {
      const todo = `waiting until an operator defines it: millrace queues put ${queue}`;
      this.#log("warn", `the queue "${queue}" is not defined; ${todo}`, { queue });
    }
    for (const status of welcome.leases) {
      const attempt = this.#find(status.lease);
      if (attempt === undefined) continue;
      if (!status.held) attempt.lose();
      else {
        attempt.outcomeSent = false;
        if (!attempt.output.rewind(status.nextSequence)) attempt.outputLost();
        if (status.cancelRequested) attempt.stop("cancelled");
      }
    }
    if (this.#session !== undefined) this.#uplink.open(this.#session, this.#offered);
    for (const attempt of this.#attempts.values()) this.#uplink.changed(attempt);
    if (this.#draining) this.#session?.send(messages.draining());
    this.#leaveIfDone();
  }

  #assign(assignment: Assignment): void {
    if (assignment.lease === undefined) return;
    const key = leaseKey(assignment.lease);
    if (this.#attempts.has(key)) return;
    const crowded = this.#freeSlots(this.#options.guestSlots) === 0;
    const bytes = this.#options.maxUnacknowledgedBytes ?? 1024 * 1024;
    const attempt: Attempt = new Attempt(assignment, bytes, () => this.#changed(key, attempt));
    this.#attempts.set(key, attempt);
    const executor = Object.hasOwn(this.#options.executors, assignment.type)
      ? this.#options.executors[assignment.type]
      : undefined;
    if (crowded) attempt.handBack("the worker has no free slot");
    else if (executor === undefined) this.#handBackLater(attempt, assignment.type);
    else {
      this.#running += 1;
      void attempt.run(executor, this.#options.clock.nowMs(), this.#log).finally(() => {
        this.#running -= 1;
        this.#uplink.flushSoon();
      });
    }
  }

  /** Only a scheduler that does not know the worker's types assigns such a job, and would assign it again at once. */
  #handBackLater(attempt: Attempt, type: string): void {
    const { clock } = this.#options;
    const { jobId } = attempt.lease;
    const message = `a job of type "${type}" was assigned, for which this worker has no executor: it goes back`;
    this.#log("warn", message, { jobId });
    this.#running += 1;
    clock.after(unknownTypeMs, () => {
      this.#running -= 1;
      attempt.handBack("the worker has no executor for its type");
      this.#uplink.flushSoon();
    });
  }

  #outputAnswered(attempt: Attempt, status: WriteStatus, nextSequence: number): void {
    switch (status) {
      case WriteStatus.STORED:
        attempt.output.stored(nextSequence);
        return;
      case WriteStatus.GAP:
        if (!attempt.output.rewind(nextSequence)) attempt.outputLost();
        return;
      case WriteStatus.FULL:
        attempt.output.full();
        return;
      case WriteStatus.LEASE_LOST:
        attempt.lose();
        return;
      default:
        this.#later(attempt, () => attempt.output.resend());
    }
  }

  #settleAnswered(attempt: Attempt, status: WriteStatus): void {
    if (status === WriteStatus.STORED) {
      attempt.released = true;
      this.#changed(leaseKey(attempt.lease), attempt);
    } else if (status === WriteStatus.LEASE_LOST) attempt.lose();
    else {
      this.#later(attempt, () => {
        attempt.outcomeSent = false;
      });
    }
  }

  #later(attempt: Attempt, run: () => void): void {
    this.#options.clock.after(backoffMs(retryWriteBackoff, 1, this.#options.random), () => {
      run();
      this.#uplink.changed(attempt);
    });
  }

  #changed(key: string, attempt: Attempt): void {
    this.#uplink.changed(attempt);
    if (attempt.over && this.#attempts.delete(key)) this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (!this.#draining || this.#attempts.size > 0 || !this.#welcomed || this.#saidGoodbye) return;
    this.#saidGoodbye = true;
    this.#session?.send(messages.goodbye());
  }

  #cut(error: StreamError | undefined): void {
    this.#uplink.close();
    const refusal = this.#welcomed ? undefined : refusalOf(error, this.#options.schedulerAddress);
    this.#session = undefined;
    this.#welcomed = false;
    if (this.#saidGoodbye || (this.#draining && this.#attempts.size === 0)) {
      this.#close();
      return;
    }
    if (refusal !== undefined && !this.#mayChange()) {
      this.#refuse(refusal);
      return;
    }
    this.#connectAttempts += 1;
    const delayMs = backoffMs(reconnectBackoff, this.#connectAttempts, this.#options.random);
    const fields = { delayMs, error: error?.message };
    if (refusal === undefined) this.#log("warn", "the stream was cut; connecting again", fields);
    else this.#log("error", `${refusal.message} Connecting again.`, fields);
    void sleep(this.#options.clock, delayMs).then(() => this.connect());
  }

  /** A refusal may pass where the worker was let in before: tokens and schedulers are changed one after the other. */
  #mayChange(): boolean {
    if (!this.#letIn) return false;
    const nowMs = this.#options.clock.nowMs();
    this.#refusedSinceMs ??= nowMs;
    return nowMs - this.#refusedSinceMs < (this.#options.refusedGraceMs ?? defaultRefusedGraceMs);
  }

  #refuse(refusal: WorkerRefusedError): void {
    this.#log("error", refusal.message);
    for (const attempt of this.#attempts.values()) attempt.lose();
    this.#ended.reject(refusal);
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#uplink.close();
    const session = this.#session;
    this.#session = undefined;
    session?.cut();
    this.#link.close();
    this.#process.release();
    this.#ended.resolve();
  }
}
