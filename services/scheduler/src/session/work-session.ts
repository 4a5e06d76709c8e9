import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Engine, LeaseRef, Signal } from "@millrace/engine";
import {
  type AttemptOutcome,
  type AttemptOutput,
  type Heartbeat,
  type Hello,
  StopReason,
  type WorkRequest,
  type WorkResponseSchema,
} from "@millrace/proto/worker-service";
import { createOutbox, type Outbox, rpcError } from "@millrace/runtime";
import {
  type Clock,
  groups,
  limits,
  type QueueName,
  type Random,
  type TimerHandle,
} from "@millrace/shared";
import type { JobObserver } from "../job-observer.ts";
import { orAway } from "../store-outage.ts";
import { type EndedAttempt, endAttempts } from "./end-attempts.ts";
import { type HeldLease, HeldLeases } from "./held-leases.ts";
import { overdueSettlement, refusalOf, settlementOf } from "./settlement.ts";
import {
  assignmentBytes,
  assignmentOf,
  chunkOf,
  nameOf,
  outputAck,
  refOf,
  settleAck,
} from "./work-message.ts";

export interface WorkSessionParts {
  readonly engine: Pick<
    Engine,
    "lease" | "adopt" | "renew" | "append" | "settle" | "subscribe" | "getJobs" | "providerAccounts"
  >;
  readonly observer: JobObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly schedulerId: string;
  readonly leaseMs: number;
  readonly stopGraceMs: number;
}

type Response = MessageInitShape<typeof WorkResponseSchema>;

/** Signals are hints: how long a job may wait for one that was lost. */
const POLL_MS = 1_000;
/** How many jobs one round takes from a queue: their payloads are in memory at once. */
const LEASES_PER_ROUND = 256;
const assignmentGroups = {
  maxItems: LEASES_PER_ROUND,
  maxWeight: limits.messageBytes,
  weigh: assignmentBytes,
};

/** One worker's stream, from its hello to its end. Leases outlive it: nothing is handed back when it is cut. */
export class WorkSession {
  readonly #parts: WorkSessionParts;
  readonly #outbox: Outbox<Response> = createOutbox<Response>();
  readonly #held: HeldLeases;
  readonly #subscriptions = new AsyncDisposableStack();
  #hello: Hello | undefined;
  #credit = 0;
  #taking = true;
  #leasing = false;
  #again = false;
  #turn = 0;
  #poll: TimerHandle | undefined;

  constructor(parts: WorkSessionParts) {
    this.#parts = parts;
    this.#held = new HeldLeases({
      clock: parts.clock,
      graceMs: parts.stopGraceMs,
      onStop: (lease, reason) => this.#tellToStop(lease, reason),
      onOverdue: (lease) =>
        void this.#takeAway(lease).catch((error: unknown) => this.#outbox.end(error)),
    });
  }

  run(requests: AsyncIterable<WorkRequest>, draining: AbortSignal): AsyncIterable<Response> {
    const drain = () => {
      this.#taking = false;
      void this.#outbox.push({ message: { case: "drain", value: {} } });
      this.#outbox.end();
    };
    if (draining.aborted) drain();
    draining.addEventListener("abort", drain, { once: true });
    void this.#read(requests)
      .then(
        () => this.#outbox.end(),
        (error: unknown) => this.#outbox.end(error),
      )
      .finally(() => {
        this.#taking = false;
        this.#poll?.cancel();
        this.#held.forget();
        draining.removeEventListener("abort", drain);
        return this.#subscriptions.disposeAsync();
      })
      .catch((error: unknown) => this.#outbox.end(error));
    return this.#outbox;
  }

  async #read(requests: AsyncIterable<WorkRequest>): Promise<void> {
    for await (const { message } of requests) {
      if (message.case === "goodbye" || this.#outbox.closed) return;
      if ((message.case === "hello") !== (this.#hello === undefined)) {
        throw rpcError({ reason: "MALFORMED", message: "hello comes first, and once" });
      }
      if (message.case === "hello") await this.#welcome(message.value);
      else if (message.case === "heartbeat") await this.#renew(message.value);
      else if (message.case === "output") await this.#append(message.value.attempts);
      else if (message.case === "settle") await this.#settle(message.value.outcomes);
      else if (message.case === "draining") {
        this.#taking = false;
      } else if (message.case === "credit") {
        this.#credit += message.value.slots;
        this.#wake();
      }
    }
  }

  async #welcome(hello: Hello): Promise<void> {
    const { engine, leaseMs, stopGraceMs, schedulerId } = this.#parts;
    this.#hello = hello;
    const adopted = await orAway(engine.adopt(hello.leases.map(refOf), leaseMs, hello.workerId));
    if (adopted === undefined) {
      throw rpcError({ reason: "STORE_UNAVAILABLE", message: "the store is away" });
    }
    const leases = hello.leases.map((lease, at) => {
      const outcome = adopted[at];
      if (outcome?.kind !== "adopted") return { lease, held: false };
      const { nextSeq, job } = outcome.lease;
      return { lease, held: true, nextSequence: nextSeq, cancelRequested: job.cancelRequested };
    });
    const value = {
      schedulerId,
      leaseDuration: durationFromMs(leaseMs),
      heartbeatInterval: durationFromMs(Math.floor(leaseMs / 3)),
      stopGrace: durationFromMs(stopGraceMs),
      leases,
    };
    const taken = this.#outbox.push({ message: { case: "welcome", value } });
    for (const one of adopted) if (one.kind === "adopted") this.#held.hold(one.lease);
    await taken;
    for (const queue of new Set(hello.queues)) {
      const heard = (signal: Signal) => this.#hear(signal);
      this.#subscriptions.use(await engine.subscribe(queue as QueueName, heard));
    }
    this.#credit += hello.credit;
    this.#wake();
  }

  #hear(signal: Signal): void {
    if (signal.kind === "work" || signal.kind === "resync") this.#wake();
    if (signal.kind === "cancel") this.#held.cancel(signal.jobId);
  }

  #tellToStop(lease: LeaseRef, reason: StopReason): void {
    const attempts = [{ lease: nameOf(lease), reason }];
    void this.#outbox.push({ message: { case: "stop", value: { attempts } } });
  }

  /** If the store is away, the lease runs out instead. */
  async #takeAway(lease: HeldLease): Promise<void> {
    await orAway(
      endAttempts(this.#parts, [{ settlement: overdueSettlement(lease), job: lease.job }]),
    );
    this.#tellToStop(lease, StopReason.LEASE_LOST);
  }

  #wake(): void {
    this.#again = true;
    if (this.#leasing) return;
    this.#leasing = true;
    this.#lease().catch((error: unknown) => this.#outbox.end(error));
  }

  async #lease(): Promise<void> {
    const { clock } = this.#parts;
    let nextDueMs: number | undefined;
    while (this.#again && this.#taking) {
      this.#again = false;
      nextDueMs = await this.#leaseRound();
    }
    // In the same turn as the loop's last look, so that no wake falls between.
    this.#leasing = false;
    this.#poll?.cancel();
    if (!this.#taking) return;
    const waitMs = Math.min(POLL_MS, (nextDueMs ?? Infinity) - clock.nowMs());
    this.#poll = clock.after(waitMs, () => this.#wake());
  }

  /** Asks each queue once, each round beginning with the next. When the first scheduled job is due, if any. */
  async #leaseRound(): Promise<number | undefined> {
    const { engine, observer, clock, leaseMs } = this.#parts;
    const { queues = [], pools = [], workerId = "" } = this.#hello ?? {};
    const first = this.#turn++ % queues.length;
    let nextDueMs: number | undefined;
    for (const name of [...queues.slice(first), ...queues.slice(0, first)]) {
      const count = Math.min(this.#credit, LEASES_PER_ROUND);
      if (count === 0 || !this.#taking) break;
      const queue = name as QueueName;
      const result = await orAway(engine.lease({ queue, count, pools, leaseMs, workerId }));
      if (result === undefined) break;
      const { leases } = result;
      if (result.nextDueMs !== undefined) {
        nextDueMs = Math.min(nextDueMs ?? Infinity, result.nextDueMs);
      }
      if (leases.length === 0) continue;
      // The worker began to drain, or left, while these were taken.
      if (!this.#taking || this.#outbox.closed) {
        await orAway(engine.settle(leases.map((lease) => ({ ...lease, kind: "release" }))));
        break;
      }
      this.#credit -= leases.length;
      for (const group of groups(leases, assignmentGroups)) {
        const assignments = group.map(assignmentOf);
        const taken = this.#outbox.push({
          message: { case: "assignments", value: { assignments } },
        });
        // Once they are on their way: a lease may have to be stopped as soon as it is held.
        for (const lease of group) {
          this.#held.hold(lease);
          observer.leased(lease, clock.nowMs());
        }
        await taken;
      }
      if (leases.length === count) this.#again = true;
    }
    return nextDueMs;
  }

  async #renew({ leases }: Heartbeat): Promise<void> {
    const refs = leases.map(refOf);
    const renewed = await orAway(this.#parts.engine.renew(refs, this.#parts.leaseMs));
    // Without an answer the worker knows that its leases were not renewed.
    if (renewed === undefined) return;
    const lost = leases.filter((_, at) => renewed[at]?.kind !== "renewed");
    await this.#outbox.push({ message: { case: "heartbeatAck", value: { lost } } });
    for (const [at, ref] of refs.entries()) {
      const outcome = renewed[at];
      if (outcome?.kind !== "renewed") this.#held.drop(ref);
      else if (outcome.cancelRequested) this.#held.cancel(ref.jobId);
    }
  }

  async #append(attempts: readonly AttemptOutput[]): Promise<void> {
    const batches = attempts.map(({ lease, firstSequence, chunks }) => ({
      ...refOf(lease),
      chunks: chunks.map((chunk, at) => chunkOf(chunk, firstSequence + at)),
    }));
    const outcomes = await orAway(this.#parts.engine.append(batches));
    const acks = attempts.map(({ lease }, at) => {
      if (outcomes?.[at]?.kind === "leaseLost") this.#held.drop(refOf(lease));
      return outputAck(lease, outcomes?.[at]);
    });
    await this.#outbox.push({ message: { case: "outputAcks", value: { acks } } });
  }

  async #settle(outcomes: readonly AttemptOutcome[]): Promise<void> {
    const settled = await orAway(this.#settleAll(outcomes));
    const acks = outcomes.map(({ lease }, at) => {
      if (settled?.[at] !== undefined) this.#held.drop(refOf(lease));
      return settleAck(lease, settled?.[at]);
    });
    await this.#outbox.push({ message: { case: "settleAcks", value: { acks } } });
    this.#wake();
  }

  async #settleAll(outcomes: readonly AttemptOutcome[]) {
    const { clock, random } = this.#parts;
    const ends: EndedAttempt[] = [];
    for (const outcome of outcomes) {
      const lease = await this.#leaseOf(refOf(outcome.lease));
      const settlement = settlementOf(outcome, lease, clock.nowMs(), random);
      ends.push({ settlement, job: lease?.job, refusal: refusalOf(outcome, lease) });
    }
    return endAttempts(this.#parts, ends);
  }

  /** What is known of a lease; of one that another session gave, what the store says. */
  async #leaseOf(ref: LeaseRef): Promise<Pick<HeldLease, "job" | "stopping"> | undefined> {
    const held = this.#held.get(ref);
    if (held !== undefined) return held;
    const [job] = await this.#parts.engine.getJobs([ref.jobId], "summary");
    return job && { job, stopping: undefined };
  }
}
