import { StopReason, type Welcome, type WorkResponse } from "@millrace/proto/worker-service";
import { deferred, holdProcess, Retries } from "@millrace/shared";
import { SchedulerCalls } from "./calls/scheduler-calls.ts";
import { checkOptions } from "./check-options.ts";
import { onSignal } from "./drain-on-signal.ts";
import type { Log } from "./executor.ts";
import * as messages from "./messages.ts";
import { RunningAttempts } from "./running-attempts.ts";
import { DirectLink } from "./stream/direct-link.ts";
import type { Link, StreamError } from "./stream/link.ts";
import { Session } from "./stream/session.ts";
import { ThreadLink } from "./stream/thread-link.ts";
import type { BlockedJob } from "./stream/thread-messages.ts";
import { warnOfUnknownNames } from "./unknown-names.ts";
import { Uplink } from "./uplink.ts";
import { type WorkerSettings, withDefaults } from "./worker-defaults.ts";
import type { RunningWorker, WorkerOptions } from "./worker-options.ts";
import { refusalOf, type WorkerRefusedError } from "./worker-refused.ts";

const reconnectBackoff = { initialMs: 200, maxMs: 10_000, factor: 2, jitter: 1 };
/** How long draining may take beyond its grace, for the last outcomes and the goodbye. */
const goodbyeMs = 5_000;
/** How often a worker that cannot connect logs it. */
const cutLineMs = 60_000;
const defaultRefusedGraceMs = 10 * 60_000;
const defaultMaxBlockedMs = 5 * 60_000;
/** The most jobs that are named for one block of the event loop. */
const blockedJobLines = 20;
/**
 * Starts a worker that connects in the background, and again whenever its stream ends. It stops when it is
 * drained or can never be accepted, and keeps the process alive until then. Throws WorkerRefusedError for options
 * that no scheduler accepts.
 */
export function startWorker(options: WorkerOptions): RunningWorker {
  const settings = withDefaults(options);
  checkOptions(settings);
  const worker = new Worker(settings);
  worker.connect();
  return worker;
}

/** How a stream ended, and whether that was a refusal. */
interface StreamCut {
  readonly error: StreamError | undefined;
  readonly refusal: WorkerRefusedError | undefined;
}

class Worker implements RunningWorker {
  #options: WorkerSettings;
  readonly #log: Log;
  readonly #link: Link;
  readonly #calls: SchedulerCalls;
  readonly #attempts: RunningAttempts;
  readonly #uplink: Uplink;
  readonly #reconnects: Retries;
  readonly #ended = deferred<void>();
  readonly #process = holdProcess();
  readonly #signals: { release(): void };
  #session: Session | undefined;
  #welcomed = false;
  /** True once a scheduler has accepted the worker. A later refusal may be caused by a token that is being rotated. */
  #wasAccepted = false;
  /** When the current series of refusals began. */
  #refusedSinceMs: number | undefined;
  /** The number of free slots that the stream's hello offered. */
  #offered = 0;
  /** How often the stream was cut since it was last accepted, and when that was last logged. */
  #cuts = 0;
  #cutLoggedMs = Number.NEGATIVE_INFINITY;
  #draining = false;
  #saidGoodbye = false;
  #closed = false;

  constructor(options: WorkerSettings) {
    this.#options = options;
    this.#log = options.log;
    this.#link = this.#newLink();
    this.#calls = new SchedulerCalls(options);
    this.#uplink = new Uplink(() => this.#attempts.freeSlots());
    this.#attempts = new RunningAttempts({
      ...{ options, log: this.#log, uplink: this.#uplink },
      ...{ call: this.#calls.call, download: this.#calls.download, store: this.#calls.store },
      onOver: () => this.#leaveIfDone(),
    });
    const { clock, random, drainOnSignal } = options;
    this.#signals = onSignal(drainOnSignal, (graceMs) => void this.drain(graceMs));
    this.#reconnects = new Retries({
      ...{ clock, random, backoff: reconnectBackoff },
      onWait: (cut, delayMs) => this.#logCut(cut as StreamCut, delayMs),
    });
  }

  get connected(): boolean {
    return this.#welcomed;
  }

  servePools(pools: readonly string[]): void {
    const options = { ...this.#options, pools };
    checkOptions(options);
    const isSame = String(this.#options.pools ?? []) === String(pools);
    this.#options = options;
    if (isSame) return;
    // Pools are part of the hello. A stream that is not accepted yet, or a worker that leaves, needs no other one.
    if (this.#session === undefined || this.#draining) return;
    this.#log("info", "connecting again, to serve other pools", { pools });
    this.#session.cut();
  }

  connect(): void {
    if (this.#closed) return;
    this.#welcomed = false;
    this.#offered = this.#attempts.freeSlots();
    const { token, tls } = this.#options;
    const currentToken = typeof token === "function" ? token() : token;
    const hello = messages.hello(this.#options, this.#offered, this.#attempts.leases);
    const session: Session = new Session(
      this.#link,
      { token: currentToken, tls: tls?.current },
      hello,
      {
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
      },
    );
    this.#session = session;
  }

  #newLink(): Link {
    const { address, credentials, streamThread = true } = this.#options;
    if (credentials !== undefined || !streamThread) return new DirectLink(address, credentials);
    return new ThreadLink({
      address,
      maxBlockedMs: this.#options.maxBlockedMs ?? defaultMaxBlockedMs,
      onBlocked: (blockedMs, jobs) => this.#wasBlocked(blockedMs, jobs),
    });
  }

  #wasBlocked(blockedMs: number, jobs: readonly BlockedJob[]): void {
    const blocked = `blocked the event loop for ${Math.round(blockedMs / 1_000)} s`;
    const culprit = jobs.length === 1 ? "this job" : `one of ${jobs.length} jobs`;
    for (const { jobId, type } of jobs.slice(0, blockedJobLines)) {
      this.#log("warn", `${culprit} ${blocked}; move long computations to a worker thread`, {
        jobId,
        type,
        blockedMs,
      });
    }
  }

  async drain(graceMs: number): Promise<void> {
    if (!this.#draining) {
      this.#draining = true;
      this.#attempts.takeNoMore();
      this.#session?.send(messages.draining());
      const { clock } = this.#options;
      const handBack = clock.after(graceMs, () => {
        for (const attempt of this.#attempts.all) attempt.handBack("the worker drains");
      });
      const giveUp = clock.after(graceMs + goodbyeMs, () => this.#close());
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

  #receive({ message }: WorkResponse): void {
    switch (message.case) {
      case "welcome":
        this.#welcome(message.value);
        return;
      case "assignments":
        this.#uplink.slotsFilled(message.value.assignments.length);
        for (const assignment of message.value.assignments) this.#attempts.assign(assignment);
        return;
      case "heartbeatAck":
        for (const lease of message.value.lost) this.#attempts.find(lease)?.lose();
        return;
      case "outputAcks":
        for (const ack of message.value.acks) this.#attempts.outputAnswered(ack);
        this.#uplink.outputAnswered(message.value.acks.length);
        return;
      case "settleAcks":
        for (const ack of message.value.acks) this.#attempts.settleAnswered(ack);
        this.#uplink.settleAnswered(message.value.acks.length);
        return;
      case "stop":
        for (const { lease, reason } of message.value.attempts) {
          const attempt = this.#attempts.find(lease);
          if (reason === StopReason.LEASE_LOST) attempt?.lose();
          else attempt?.stop(StopReason[reason].toLowerCase());
        }
        return;
      case "drain":
        // The job's leases outlive the stream. Another scheduler accepts the next stream.
        this.#log("info", "the scheduler drains; connecting again");
        this.#session?.cut();
        return;
      case undefined:
        return;
    }
  }

  #welcome(welcome: Welcome): void {
    this.#welcomed = true;
    this.#wasAccepted = true;
    this.#refusedSinceMs = undefined;
    this.#cuts = 0;
    this.#cutLoggedMs = Number.NEGATIVE_INFINITY;
    this.#reconnects.progressed();
    this.#log("info", "connected", { schedulerId: welcome.schedulerId });
    warnOfUnknownNames(welcome, this.#log);
    for (const status of welcome.leases) this.#attempts.resume(status);
    if (this.#session !== undefined) this.#uplink.open(this.#session, this.#offered);
    for (const attempt of this.#attempts.all) this.#uplink.changed(attempt);
    if (this.#draining) this.#session?.send(messages.draining());
    this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (!this.#draining || this.#attempts.size > 0 || !this.#welcomed || this.#saidGoodbye) return;
    this.#saidGoodbye = true;
    this.#session?.send(messages.goodbye());
  }

  #cut(error: StreamError | undefined): void {
    this.#uplink.close();
    const refusal = this.#welcomed ? undefined : refusalOf(error, this.#options.address);
    this.#session = undefined;
    this.#welcomed = false;
    if (this.#saidGoodbye || (this.#draining && this.#attempts.size === 0)) {
      this.#close();
      return;
    }
    if (refusal !== undefined && !this.#refusalMayPass()) {
      this.#refuse(refusal);
      return;
    }
    void this.#reconnects.failed({ error, refusal }).then(() => this.connect());
  }

  #logCut({ error, refusal }: StreamCut, delayMs: number): void {
    const fields = { delayMs, error: error?.message };
    if (refusal !== undefined) {
      this.#log("error", `${refusal.message} Connecting again.`, fields);
      return;
    }
    this.#cuts += 1;
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#cutLoggedMs < cutLineMs) return;
    this.#cutLoggedMs = nowMs;
    this.#log("warn", "the stream was cut; connecting again", { ...fields, cuts: this.#cuts });
  }

  /**
   * Whether a refusal may pass, because the worker was accepted before. Operators change tokens and schedulers
   * one after the other.
   */
  #refusalMayPass(): boolean {
    if (!this.#wasAccepted) return false;
    const nowMs = this.#options.clock.nowMs();
    this.#refusedSinceMs ??= nowMs;
    return nowMs - this.#refusedSinceMs < (this.#options.refusedGraceMs ?? defaultRefusedGraceMs);
  }

  #refuse(refusal: WorkerRefusedError): void {
    this.#log("error", refusal.message);
    for (const attempt of this.#attempts.all) attempt.lose();
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
    this.#calls.close();
    this.#process.release();
    this.#signals.release();
    this.#ended.resolve();
  }
}
