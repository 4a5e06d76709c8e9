import { type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { durationFromMs, durationMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Engine,
  type JobRecord,
  type Lease,
  type LeaseRef,
  type NewChunk,
  type Settlement,
  type Signal,
  StoreUnavailable,
} from "@millrace/engine";
import { JobState, ProgressSchema } from "@millrace/proto/job";
import {
  type AssignmentSchema,
  type AttemptOutcome,
  type AttemptOutput,
  type Heartbeat,
  type Hello,
  type LeaseRef as LeaseRefMessage,
  StopReason,
  type WorkerChunk,
  type WorkRequest,
  type WorkResponseSchema,
  WriteStatus,
} from "@millrace/proto/worker-service";
import { createOutbox, type Outbox, rpcError } from "@millrace/runtime";
import {
  type Clock,
  type JobId,
  parseJobId,
  type QueueName,
  type Random,
  type TimerHandle,
} from "@millrace/shared";
import { hasTimeLeft } from "../policy/deadline-decision.ts";
import { decideRetry } from "../policy/retry-decision.ts";

export interface WorkSessionParts {
  readonly engine: Pick<
    Engine,
    "lease" | "adopt" | "renew" | "append" | "settle" | "subscribe" | "getJobs"
  >;
  readonly clock: Clock;
  readonly random: Random;
  readonly schedulerId: string;
  readonly leaseMs: number;
  readonly stopGraceMs: number;
}

type Response = MessageInitShape<typeof WorkResponseSchema>;
type JobData = Pick<JobRecord, "attempt" | "maxAttempts" | "backoff" | "deadlineMs">;

/** Signals are hints: how long a job may wait for one that was lost. */
const POLL_MS = 1_000;

/** One worker's stream, from its hello to its end. Leases outlive it: nothing is handed back when it is cut. */
export class WorkSession {
  readonly #parts: WorkSessionParts;
  readonly #outbox: Outbox<Response> = createOutbox<Response>();
  readonly #held = new Map<JobId, JobData & { readonly token: number }>();
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
      this.#hold(outcome.lease);
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
    await this.#outbox.push({ message: { case: "welcome", value } });
    for (const queue of new Set(hello.queues)) {
      const heard = (signal: Signal) => this.#hear(signal);
      this.#subscriptions.use(await engine.subscribe(queue as QueueName, heard));
    }
    this.#credit += hello.credit;
    this.#wake();
  }

  #hear(signal: Signal): void {
    if (signal.kind === "work" || signal.kind === "resync") this.#wake();
    if (signal.kind !== "cancel") return;
    const held = this.#held.get(signal.jobId);
    if (held !== undefined) void this.#stop([{ jobId: signal.jobId, token: held.token }]);
  }

  async #stop(refs: readonly LeaseRef[]): Promise<void> {
    const attempts = refs.map((ref) => ({ lease: nameOf(ref), reason: StopReason.CANCELLED }));
    if (attempts.length > 0) {
      await this.#outbox.push({ message: { case: "stop", value: { attempts } } });
    }
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
    const { engine, leaseMs } = this.#parts;
    const { queues = [], pools = [], workerId = "" } = this.#hello ?? {};
    const first = this.#turn++ % queues.length;
    let nextDueMs: number | undefined;
    for (const name of [...queues.slice(first), ...queues.slice(0, first)]) {
      const count = this.#credit;
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
      for (const lease of leases) this.#hold(lease);
      const assignments = leases.map(assignmentOf);
      await this.#outbox.push({ message: { case: "assignments", value: { assignments } } });
    }
    return nextDueMs;
  }

  #hold({ jobId, token, attempt, job }: Lease): void {
    this.#held.set(jobId, { ...job, attempt, token });
  }

  async #renew({ leases }: Heartbeat): Promise<void> {
    const refs = leases.map(refOf);
    const renewed = await orAway(this.#parts.engine.renew(refs, this.#parts.leaseMs));
    // Without an answer the worker knows that its leases were not renewed.
    if (renewed === undefined) return;
    const lost = leases.filter((_, at) => renewed[at]?.kind !== "renewed");
    await this.#outbox.push({ message: { case: "heartbeatAck", value: { lost } } });
    await this.#stop(
      refs.filter((_, at) => {
        const outcome = renewed[at];
        return outcome?.kind === "renewed" && outcome.cancelRequested;
      }),
    );
  }

  async #append(attempts: readonly AttemptOutput[]): Promise<void> {
    const batches = attempts.map(({ lease, firstSequence, chunks }) => ({
      ...refOf(lease),
      chunks: chunks.map((chunk, at) => chunkOf(chunk, firstSequence + at)),
    }));
    const outcomes = await orAway(this.#parts.engine.append(batches));
    const acks = attempts.map(({ lease }, at) => {
      const outcome = outcomes?.[at];
      const ack = lease === undefined ? {} : { lease };
      if (outcome === undefined) return { ...ack, status: WriteStatus.RETRY };
      if (outcome.kind === "leaseLost") return { ...ack, status: WriteStatus.LEASE_LOST };
      if (outcome.kind === "gap") {
        return { ...ack, status: WriteStatus.GAP, nextSequence: outcome.expectedSeq };
      }
      const status = outcome.kind === "full" ? WriteStatus.FULL : WriteStatus.STORED;
      return { ...ack, status, nextSequence: outcome.nextSeq };
    });
    await this.#outbox.push({ message: { case: "outputAcks", value: { acks } } });
  }

  async #settle(outcomes: readonly AttemptOutcome[]): Promise<void> {
    const settled = await orAway(this.#settleAll(outcomes));
    const acks = outcomes.map(({ lease }, at) => {
      const outcome = settled?.[at];
      const ack = lease === undefined ? {} : { lease };
      if (outcome === undefined) return { ...ack, status: WriteStatus.RETRY };
      const ref = refOf(lease);
      if (this.#held.get(ref.jobId)?.token === ref.token) this.#held.delete(ref.jobId);
      if (outcome.kind === "leaseLost") return { ...ack, status: WriteStatus.LEASE_LOST };
      return { ...ack, status: WriteStatus.STORED, state: JobState[outcome.state] };
    });
    await this.#outbox.push({ message: { case: "settleAcks", value: { acks } } });
    this.#wake();
  }

  async #settleAll(outcomes: readonly AttemptOutcome[]) {
    const settlements: Settlement[] = [];
    for (const outcome of outcomes) settlements.push(await this.#settlementOf(outcome));
    return this.#parts.engine.settle(settlements);
  }

  async #settlementOf({ lease, outcome, usage }: AttemptOutcome): Promise<Settlement> {
    const spent = {
      inputTokens: Number(usage?.inputTokens ?? 0n),
      outputTokens: Number(usage?.outputTokens ?? 0n),
      providerCalls: usage?.providerCalls ?? 0,
    };
    const base = { ...refOf(lease), ...(usage === undefined ? {} : { usage: spent }) };
    if (outcome.case === "completed") {
      return { ...base, kind: "complete", resultJson: outcome.value.resultJson };
    }
    if (outcome.case !== "failed") return { ...base, kind: "release" };
    const { error, retryAfter } = outcome.value;
    const { reason = "", message = "", retryable = false } = error ?? {};
    const failure = { reason, message, retryable };
    const job = await this.#dataOf(base);
    // Without the job the lease is stale: the engine says so whatever is asked of it.
    if (job === undefined) return { ...base, kind: "fail", state: "FAILED", failure };
    const retryAfterMs = retryAfter === undefined ? 0 : durationMs(retryAfter);
    const decision = decideRetry({ ...job, retryable, retryAfterMs }, this.#parts.random);
    const inTime =
      decision.kind === "retry" && hasTimeLeft(job, this.#parts.clock.nowMs() + decision.delayMs);
    if (!inTime) return { ...base, kind: "fail", state: "FAILED", failure };
    return { ...base, kind: "retry", delayMs: decision.delayMs, failure, countsAttempt: true };
  }

  async #dataOf({ jobId, token }: LeaseRef): Promise<JobData | undefined> {
    const held = this.#held.get(jobId);
    if (held?.token === token) return held;
    return (await this.#parts.engine.getJobs([jobId], "summary"))[0];
  }
}

/** Undefined if the store is away. */
async function orAway<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}

const refOf = (lease: LeaseRefMessage | undefined): LeaseRef => ({
  jobId: (lease?.jobId ?? "") as JobId,
  token: Number(lease?.fencingToken ?? 0n),
});

const nameOf = ({ jobId, token }: LeaseRef) => ({ jobId, fencingToken: BigInt(token) });

function chunkOf({ content }: WorkerChunk, seq: number): NewChunk {
  if (content.case === "text") return { seq, kind: "text", body: content.value };
  if (content.case === "progress") {
    return { seq, kind: "progress", body: toBinary(ProgressSchema, content.value) };
  }
  return { seq, kind: "data", body: content.value ?? new Uint8Array() };
}

function assignmentOf(lease: Lease): MessageInitShape<typeof AssignmentSchema> {
  const { job } = lease;
  const parts = parseJobId(lease.jobId);
  return {
    lease: nameOf(lease),
    queue: parts?.queue ?? "",
    keyId: parts?.keyId ?? "",
    type: job.type,
    attempt: lease.attempt,
    maxAttempts: job.maxAttempts,
    payloadJson: job.payloadJson,
    documentIds: [...job.documents],
    pool: job.pool ?? "",
    labels: { ...job.labels },
    traceparent: job.traceparent ?? "",
    tracestate: job.tracestate ?? "",
    ...(job.deadlineMs === undefined ? {} : { deadline: timestampFromMs(job.deadlineMs) }),
  };
}
