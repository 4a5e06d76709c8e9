import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine, Lease, LeaseRef } from "@millrace/engine";
import {
  type AttemptOutcome,
  type AttemptOutput,
  type Heartbeat,
  type Hello,
  type LeaseRef as LeaseRefMessage,
  StopReason,
  type WorkRequest,
  type WorkResponseSchema,
} from "@millrace/proto/worker-service";
import { createOutbox, type Outbox, rpcError } from "@millrace/runtime";
import { type Clock, groups, limits, type QueueName, type Random } from "@millrace/shared";
import type { Leasing } from "../leasing/leasing.ts";
import type { Seat } from "../leasing/seat.ts";
import {
  assignmentBytes,
  assignmentOf,
  leaseStatus,
  settleAck,
  welcomeOf,
} from "../messages/work-message.ts";
import type { JobObserver } from "../observing/job-observer.ts";
import { asStoreOutage, unlessOutage } from "../store/store-outage.ts";
import { assertAllowed, type WorkerPass } from "../tokens/worker-tokens.ts";
import { appendOutputs } from "./append-outputs.ts";
import type { ConnectedWorkers } from "./connected-workers.ts";
import { type HeldLease, HeldLeases } from "./held-leases.ts";
import { knownLeases } from "./known-leases.ts";
import { unknownPools } from "./known-pools.ts";
import type { LeaseTokens } from "./lease-tokens.ts";
import { reportProviders } from "./report-providers.ts";
import { handedBackOf, overdueSettlement, settlementOf } from "./settlement.ts";
import { storableOutcome } from "./storable-outcome.ts";
import { WorkerPresence } from "./worker-presence.ts";
import type { Writes } from "./writes.ts";

export interface WorkSessionParts {
  readonly tokens: LeaseTokens;
  readonly connected: ConnectedWorkers;
  /** What the worker's token allows it to serve. */
  readonly pass: WorkerPass;
  /** The address from which the worker connects. */
  readonly address: string;
  readonly engine: Pick<
    Engine,
    "adopt" | "renew" | "getJobs" | "providerAccounts" | "models" | "recentQueue"
  >;
  /** All sessions share these two. */
  readonly leasing: Leasing;
  readonly writes: Writes;
  readonly observer: JobObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly schedulerId: string;
  readonly leaseMs: number;
  readonly stopGraceMs: number;
}

type Response = MessageInitShape<typeof WorkResponseSchema>;

/** The size of one message of assignments: payloads may be long. */
const assignmentGroups = {
  maxItems: 1_000,
  maxWeight: limits.messageBytes,
  weigh: assignmentBytes,
};

/** One worker's stream, from its hello to its end. Its leases outlive the stream: a break hands nothing back. */
export class WorkSession {
  readonly #parts: WorkSessionParts;
  readonly #outbox: Outbox<Response> = createOutbox<Response>();
  readonly #held: HeldLeases;
  #greeted = false;
  /** The queues of the worker's hello. The worker may only write to their jobs. */
  #queues: ReadonlySet<string> = new Set();
  #seat: Seat | undefined;
  #presence: WorkerPresence | undefined;
  #disconnect: () => void = () => undefined;

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

  run(requests: AsyncIterable<WorkRequest>, leaving: AbortSignal): AsyncIterable<Response> {
    const drain = () => {
      void this.#outbox.push({ message: { case: "drain", value: {} } });
      this.#outbox.end();
    };
    if (leaving.aborted) drain();
    leaving.addEventListener("abort", drain, { once: true });
    void this.#read(requests)
      .then(
        () => this.#outbox.end(),
        (error: unknown) => this.#outbox.end(asStoreOutage(error)),
      )
      .finally(() => {
        if (this.#seat !== undefined) this.#parts.leasing.leave(this.#seat);
        this.#disconnect();
        this.#held.forget();
        leaving.removeEventListener("abort", drain);
      });
    return this.#outbox;
  }

  async #read(requests: AsyncIterable<WorkRequest>): Promise<void> {
    for await (const { message } of requests) {
      if (this.#outbox.closed) return;
      if (message.case === "goodbye") return await this.#leave();
      this.#presence?.heard();
      if ((message.case === "hello") === this.#greeted) {
        throw rpcError({ reason: "MALFORMED", message: "only the first message must be hello" });
      }
      if (message.case === "hello") await this.#welcome(message.value);
      else if (message.case === "heartbeat") await this.#renew(message.value);
      else if (message.case === "output") await this.#append(message.value.attempts);
      else if (message.case === "settle") await this.#settle(message.value.outcomes);
      else if (message.case === "draining") this.#presence?.drain();
      else if (message.case === "credit") this.#seat?.offer(message.value.slots);
    }
  }

  async #welcome(hello: Hello): Promise<void> {
    const { engine, leasing, leaseMs, stopGraceMs, schedulerId } = this.#parts;
    this.#greeted = true;
    assertAllowed(this.#parts.pass, hello);
    this.#queues = new Set(hello.queues);
    const refs = hello.leases.map((lease) => this.#open(lease));
    const adopted = await engine.adopt(refs, leaseMs, hello.workerId);
    const queues = await Promise.all(
      hello.queues.map((queue) => engine.recentQueue(queue as QueueName)),
    );
    const leases = hello.leases.map((lease, i) => leaseStatus(lease, adopted[i]));
    const value = welcomeOf({
      ...{ schedulerId, leaseMs, stopGraceMs, leases },
      undefinedQueues: hello.queues.filter((_, i) => queues[i] === undefined),
      unknownPools: await unknownPools(engine, hello.pools),
    });
    const taken = this.#outbox.push({ message: { case: "welcome", value } });
    for (const one of adopted) if (one.kind === "adopted") this.#held.hold(one.lease);
    await taken;
    this.#seat = await leasing.join({
      workerId: hello.workerId,
      queues: hello.queues as QueueName[],
      pools: hello.pools,
      types: hello.types,
      slots: hello.slots,
      guestSlots: hello.guestSlots,
      running: () => this.#held.ids,
      isGone: () => this.#outbox.closed,
      assign: (assigned) => this.#assign(assigned),
      cancel: (jobId) => this.#held.cancel(jobId),
    });
    this.#seat.offer(hello.credit);
    this.#connect(hello, this.#seat);
  }

  /** Shows the worker to operators until its stream ends. */
  #connect(hello: Hello, seat: Seat): void {
    const { connected, pass, clock, address } = this.#parts;
    this.#presence = new WorkerPresence({
      ...{ hello, tokenName: pass.name, address, clock },
      slots: () => ({ running: this.#held.size, free: seat.unfilled }),
      onDrain: () => seat.withdraw(),
    });
    this.#disconnect = connected.add(this.#presence);
    if (this.#outbox.closed) this.#disconnect();
  }

  #open(lease: LeaseRefMessage | undefined): LeaseRef {
    return this.#parts.tokens.open(lease, this.#queues);
  }

  #tellToStop(lease: LeaseRef, reason: StopReason): void {
    const attempts = [{ lease: this.#parts.tokens.seal(lease), reason }];
    void this.#outbox.push({ message: { case: "stop", value: { attempts } } });
  }

  /** Takes a lease away. If the store is unavailable, the lease expires instead. */
  async #takeAway(lease: HeldLease): Promise<void> {
    const end = { settlement: overdueSettlement(lease), job: lease.job };
    await unlessOutage(this.#parts.writes.settle([end]));
    this.#tellToStop(lease, StopReason.LEASE_LOST);
  }

  async #assign(leases: readonly Lease[]): Promise<void> {
    const { observer, clock, tokens } = this.#parts;
    for (const group of groups(leases, assignmentGroups)) {
      const assignments = group.map((lease) => assignmentOf(lease, tokens.seal(lease)));
      const taken = this.#outbox.push({ message: { case: "assignments", value: { assignments } } });
      // The lease is held after its assignment is on its way, because holding it may send a stop at once.
      for (const lease of group) {
        this.#held.hold(lease);
        observer.leased(lease, clock.nowMs());
      }
      await taken;
    }
  }

  /**
   * The worker holds no more leases. Jobs that were assigned to it while its goodbye was on the way go back to their queues. If the store is unavailable, these leases expire instead.
   */
  async #leave(): Promise<void> {
    this.#seat?.withdraw();
    const ends = this.#held.all.map(({ jobId, token, job }) => ({
      settlement: { jobId, token, kind: "release" as const },
      ...{ job, handedBack: "the worker had left" },
    }));
    await unlessOutage(this.#parts.writes.settle(ends));
  }

  async #renew({ leases }: Heartbeat): Promise<void> {
    const refs = leases.map((lease) => this.#open(lease));
    const renewed = await unlessOutage(this.#parts.engine.renew(refs, this.#parts.leaseMs));
    // The store is unavailable. The worker gets no answer, and so knows that its leases were not renewed.
    if (renewed === undefined) return;
    const lost = leases.filter((_, i) => renewed[i]?.kind !== "renewed");
    await this.#outbox.push({ message: { case: "heartbeatAck", value: { lost } } });
    for (const [i, ref] of refs.entries()) {
      const outcome = renewed[i];
      if (outcome?.kind !== "renewed") this.#held.drop(ref);
      else if (outcome.cancelRequested) this.#held.cancel(ref.jobId);
    }
  }

  async #append(attempts: readonly AttemptOutput[]): Promise<void> {
    const { engine, writes } = this.#parts;
    const open = (lease: AttemptOutput["lease"]) => this.#open(lease);
    const acks = await appendOutputs({ engine, writes, held: this.#held, open }, attempts);
    await this.#outbox.push({ message: { case: "outputAcks", value: { acks: [...acks] } } });
  }

  async #settle(reported: readonly AttemptOutcome[]): Promise<void> {
    const outcomes = reported.map(storableOutcome);
    const refs = outcomes.map(({ lease }) => this.#open(lease));
    const settled = await unlessOutage(this.#settleAll(refs, outcomes));
    const acks = outcomes.map(({ lease }, i) => {
      if (settled?.[i] !== undefined) this.#held.drop(refs[i] as LeaseRef);
      return settleAck(lease, settled?.[i]);
    });
    if (this.#held.size === 0) this.#seat?.emptied();
    await this.#outbox.push({ message: { case: "settleAcks", value: { acks } } });
  }

  async #settleAll(refs: readonly LeaseRef[], outcomes: readonly AttemptOutcome[]) {
    const { engine, clock, random, writes } = this.#parts;
    const leases = await knownLeases(engine, this.#held, refs);
    const heard = await reportProviders(this.#parts, refs, outcomes, leases);
    return writes.settle(
      outcomes.map((outcome, i) => ({
        settlement: settlementOf(
          refs[i] as LeaseRef,
          outcome,
          leases[i],
          heard[i],
          clock.nowMs(),
          random,
        ),
        ...{ job: leases[i]?.job, handedBack: handedBackOf(outcome) },
      })),
    );
  }
}
