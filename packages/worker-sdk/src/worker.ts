import { create } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Client } from "@grpc/grpc-js";
import {
  type Assignment,
  AttemptOutcomeSchema,
  AttemptOutputSchema,
  type LeaseRef,
  StopReason,
  type Welcome,
  type WorkResponse,
  WriteStatus,
} from "@millrace/proto/worker-service";
import { backoffMs, sleep, type TimerHandle } from "@millrace/shared";
import { Attempt, leaseKey } from "./attempt.ts";
import type { Log } from "./executor.ts";
import * as messages from "./messages.ts";
import { Session, workClient } from "./session.ts";
import type { RunningWorker, WorkerOptions } from "./worker-options.ts";

const reconnectBackoff = { initialMs: 200, maxMs: 10_000, factor: 2, jitter: 1 };
const retryWriteBackoff = { initialMs: 250, maxMs: 250, factor: 1, jitter: 0.5 };
/** Bytes of output in one message, well below gRPC's 4 MiB. */
const messageBytes = 1024 * 1024;
/** What draining may take beyond its grace: the last outcomes and the goodbye. */
const leaveMs = 5_000;

/** Connects in the background, and again whenever the stream ends, until it is drained. */
export function startWorker(options: WorkerOptions): RunningWorker {
  const worker = new Worker(options);
  worker.connect();
  return worker;
}

class Worker implements RunningWorker {
  readonly #options: WorkerOptions;
  readonly #log: Log;
  readonly #client: Client;
  readonly #attempts = new Map<string, Attempt>();
  readonly #left = Promise.withResolvers<void>();
  #session: Session | undefined;
  #welcomed = false;
  #connectAttempts = 0;
  #heartbeat: TimerHandle | undefined;
  #flushTimer: TimerHandle | undefined;
  #draining = false;
  #saidGoodbye = false;
  #closed = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#log = options.log ?? (() => undefined);
    this.#client = workClient(options);
  }

  connect(): void {
    if (this.#closed) return;
    this.#welcomed = false;
    const session: Session = new Session(this.#client, this.#options.token, {
      message: (response) => {
        if (this.#session === session) this.#receive(response);
      },
      writable: () => this.#flushSoon(0),
      ended: (error) => {
        if (this.#session === session) this.#cut(error);
      },
    });
    this.#session = session;
    session.send(messages.hello(this.#options, this.#freeSlots(), this.#heldLeases()));
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
      await this.#left.promise;
      handBack.cancel();
      giveUp.cancel();
    }
    await this.#left.promise;
  }

  #freeSlots(): number {
    return this.#draining ? 0 : Math.max(0, this.#options.slots - this.#attempts.size);
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
        for (const assignment of message.value.assignments) this.#assign(assignment);
        return;
      case "heartbeatAck":
        for (const lease of message.value.lost) this.#find(lease)?.lose();
        return;
      case "outputAcks":
        for (const ack of message.value.acks) {
          const attempt = this.#find(ack.lease);
          if (attempt !== undefined) this.#outputAnswered(attempt, ack.status, ack.nextSequence);
        }
        this.#flushSoon(0);
        return;
      case "settleAcks":
        for (const ack of message.value.acks) {
          const attempt = this.#find(ack.lease);
          if (attempt !== undefined) this.#settleAnswered(attempt, ack.status);
        }
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
    this.#connectAttempts = 0;
    this.#log("info", "connected", { schedulerId: welcome.schedulerId });
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
    const interval = welcome.heartbeatInterval ? durationMs(welcome.heartbeatInterval) : 5_000;
    const beat = () => {
      const leases = this.#heldLeases();
      if (leases.length > 0) this.#session?.send(messages.heartbeat(leases));
      this.#heartbeat = this.#options.clock.after(interval, beat);
    };
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#options.clock.after(interval, beat);
    if (this.#draining) this.#session?.send(messages.draining());
    this.#flushSoon(0);
    this.#leaveIfDone();
  }

  #assign(assignment: Assignment): void {
    if (assignment.lease === undefined) return;
    const key = leaseKey(assignment.lease);
    if (this.#attempts.has(key)) return;
    const crowded = this.#freeSlots() === 0;
    const bytes = this.#options.maxUnacknowledgedBytes ?? 1024 * 1024;
    const attempt: Attempt = new Attempt(assignment, bytes, () => this.#changed(key, attempt));
    this.#attempts.set(key, attempt);
    if (crowded) attempt.handBack("the worker has no free slot");
    else {
      const executor = Object.hasOwn(this.#options.executors, assignment.type)
        ? this.#options.executors[assignment.type]
        : undefined;
      void attempt.run(executor, this.#log);
    }
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
        this.#later(() => attempt.output.resend());
    }
  }

  #settleAnswered(attempt: Attempt, status: WriteStatus): void {
    if (status === WriteStatus.STORED) {
      attempt.released = true;
      this.#changed(leaseKey(attempt.lease), attempt);
    } else if (status === WriteStatus.LEASE_LOST) attempt.lose();
    else {
      this.#later(() => {
        attempt.outcomeSent = false;
      });
    }
  }

  #later(run: () => void): void {
    this.#options.clock.after(backoffMs(retryWriteBackoff, 1, this.#options.random), () => {
      run();
      this.#flushSoon(0);
    });
  }

  #changed(key: string, attempt: Attempt): void {
    if (attempt.over && this.#attempts.delete(key)) {
      if (this.#draining) this.#leaveIfDone();
      // A stream that is not yet welcomed was told of fewer free slots in its hello.
      else if (this.#attempts.size < this.#options.slots) this.#session?.send(messages.credit(1));
      return;
    }
    this.#flushSoon(attempt.outcome === undefined ? (this.#options.lingerMs ?? 10) : 0);
  }

  #flushSoon(delayMs: number): void {
    if (delayMs === 0) {
      this.#flushTimer?.cancel();
      this.#flushTimer = undefined;
      this.#flush();
      return;
    }
    this.#flushTimer ??= this.#options.clock.after(delayMs, () => {
      this.#flushTimer = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#welcomed || this.#session === undefined) return;
    const outcomes = [];
    for (const attempt of this.#attempts.values()) {
      if (attempt.released) continue;
      // One message for each attempt keeps every message far below the transport's limit.
      while (this.#session.takesOutput) {
        const taken = attempt.output.take(messageBytes);
        if (taken === undefined) break;
        const output = create(AttemptOutputSchema, { lease: attempt.lease, ...taken });
        this.#session.send(messages.appendOutput([output]));
      }
      if (!attempt.readyToSettle || attempt.outcome === undefined) continue;
      attempt.outcomeSent = true;
      const { lease, outcome, usage } = attempt;
      outcomes.push(create(AttemptOutcomeSchema, { lease, outcome, usage }));
    }
    for (const outcome of outcomes) this.#session.send(messages.settle([outcome]));
  }

  #leaveIfDone(): void {
    if (!this.#draining || this.#attempts.size > 0 || !this.#welcomed || this.#saidGoodbye) return;
    this.#saidGoodbye = true;
    this.#session?.send(messages.goodbye());
  }

  #cut(error: Error | undefined): void {
    this.#heartbeat?.cancel();
    this.#session = undefined;
    this.#welcomed = false;
    if (this.#saidGoodbye || (this.#draining && this.#attempts.size === 0)) {
      this.#close();
      return;
    }
    this.#connectAttempts += 1;
    const delayMs = backoffMs(reconnectBackoff, this.#connectAttempts, this.#options.random);
    this.#log("warn", "the stream was cut; connecting again", { delayMs, error: error?.message });
    void sleep(this.#options.clock, delayMs).then(() => this.connect());
  }

  #close(): void {
    this.#closed = true;
    this.#heartbeat?.cancel();
    this.#flushTimer?.cancel();
    const session = this.#session;
    this.#session = undefined;
    session?.cut();
    this.#client.close();
    this.#left.resolve();
  }
}
