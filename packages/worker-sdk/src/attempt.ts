import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Usage, UsageSchema } from "@millrace/proto/job";
import { type Assignment, type LeaseRef, LeaseRefSchema } from "@millrace/proto/worker-service";
import { deferred } from "@millrace/shared";
import { AttemptOutput } from "./attempt-output.ts";
import { AttemptCalls } from "./calls/attempt-calls.ts";
import type { Call, Download, Store } from "./calls/scheduler-calls.ts";
import type { AttemptContext, Executor, Log, SettledAttempt } from "./executor.ts";
import { type WaitingForChildren, waiting } from "./groups/waiting.ts";
import { JobFailure } from "./job-failure.ts";
import type { BindModels } from "./models/contract.ts";
import { completed, failed, handedBack, type Outcome, stopped, thrown } from "./outcome.ts";
import { addUsage } from "./reported-usage.ts";

export const leaseKey = (lease: LeaseRef): string => `${lease.jobId}#${lease.fencingToken}`;

export interface AttemptParts {
  readonly assignment: Assignment;
  readonly maxUnacknowledgedBytes: number;
  readonly call: Call;
  readonly download: Download;
  readonly store: Store;
  readonly models: BindModels;
  readonly changed: () => void;
}

/** One assignment, from its arrival until the scheduler has acknowledged its outcome or taken the lease away. */
export class Attempt {
  readonly lease: LeaseRef;
  readonly output: AttemptOutput;
  readonly usage: Usage = create(UsageSchema);
  /** Never changes once it is set. It is sent when all output is acknowledged. */
  outcome: Outcome | undefined;
  outcomeSent = false;
  /** True once the lease is lost or settled. Nothing more is sent for it. */
  released = false;
  /** True while no executor runs. */
  idle = true;
  readonly #abort = new AbortController();
  readonly #settled = deferred<SettledAttempt | undefined>();
  readonly #assignment: Assignment;
  readonly #changed: () => void;
  readonly #parts: AttemptParts;
  /** Made for the first call, because most attempts make none. */
  #madeCalls: AttemptCalls | undefined;
  /** True once the attempt must stop. It is not if its signal has aborted because it waits. */
  #stopped = false;
  #waiting: WaitingForChildren | undefined;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#assignment = parts.assignment;
    this.#changed = parts.changed;
    this.lease = parts.assignment.lease ?? create(LeaseRefSchema);
    this.output = new AttemptOutput(parts.maxUnacknowledgedBytes);
  }

  get #calls(): AttemptCalls {
    const { call, download, store, assignment } = this.#parts;
    this.#madeCalls ??= new AttemptCalls({
      ...{ call, download, store, assignment, lease: this.lease, signal: this.#abort.signal },
      onLeaseLost: () => this.lose(),
      onWaiting: (signal) => {
        this.#waiting = signal;
        this.#abort.abort(signal);
      },
    });
    return this.#madeCalls;
  }

  /** True once the slot is free: the executor has returned and nothing more is to be sent. */
  get over(): boolean {
    return this.idle && this.released;
  }

  get readyToSettle(): boolean {
    return (
      !this.released && !this.outcomeSent && this.outcome !== undefined && this.output.acknowledged
    );
  }

  async run(executor: Executor, startedMs: number, log: Log): Promise<void> {
    let payload: unknown;
    try {
      payload = JSON.parse(this.#assignment.payloadJson);
    } catch {
      return this.#settle(failed(new JobFailure("MALFORMED", "The payload is not JSON.", false)));
    }
    this.idle = false;
    try {
      const result = await executor(this.#context(payload, startedMs, log));
      this.#settle(this.#cutShort() ?? completed(result));
    } catch (error) {
      this.#settle(this.#cutShort() ?? thrown(error));
    } finally {
      this.idle = true;
      this.#changed();
    }
  }

  /**
   * Stops the attempt at the scheduler's request. The executor's signal aborts, and the outcome is reported as
   * stopped.
   */
  stop(reason: string): void {
    // An attempt that has an outcome is only waiting to be stored, and its output belongs to that outcome.
    if (this.outcome === undefined) this.#drop(reason);
  }

  /** Hands the job back unfinished, without waiting for the executor to return. */
  handBack(reason: string): void {
    if (this.outcome !== undefined) return;
    this.#drop(reason);
    this.#settle(this.#waiting === undefined ? handedBack(reason) : waiting(this.#waiting));
  }

  /** The scheduler has stored the outcome. */
  stored(settled: SettledAttempt): void {
    this.released = true;
    this.#settled.resolve(settled);
  }

  /** Stops the attempt because its lease is lost, and drops everything that is not sent. */
  lose(): void {
    this.released = true;
    this.#settled.resolve(undefined);
    this.#drop("its lease was lost");
    this.#changed();
  }

  /** Fails the attempt because the store lost acknowledged output. Only another attempt can write that output again. */
  outputLost(): void {
    this.#drop("its output was lost");
    const message = "Output that was stored is gone from the store.";
    this.#settle(failed(new JobFailure("OUTPUT_GONE", message, true)));
  }

  #drop(reason: string): void {
    this.#stopped = true;
    const error = new Error(`The attempt must stop: ${reason}.`);
    this.#abort.abort(error);
    this.output.close(error);
  }

  /** The outcome of an attempt that something other than its executor ended, whatever the executor did afterwards. */
  #cutShort(): Outcome | undefined {
    if (this.#stopped) return stopped();
    return this.#waiting === undefined ? undefined : waiting(this.#waiting);
  }

  #settle(outcome: Outcome): void {
    this.outcome ??= outcome;
    this.#changed();
  }

  #sending(done: Promise<void>): Promise<void> {
    // An executor that does not await its writes must not crash the process when they reject.
    done.catch(() => undefined);
    this.#changed();
    return done;
  }

  /** One literal without spreads, since V8 builds this object several times faster so. */
  #context(payload: unknown, startedMs: number, log: Log): AttemptContext {
    const { fanOuts, finalizesGroupId, checkpointJson, deadline } = this.#assignment;
    const { attempt, scheduleId, scheduleDueTime: due } = this.#assignment;
    const { jobId } = this.lease;
    const models = this.#parts.models({
      pool: this.#assignment.pool,
      account: this.#assignment.account,
      providerModel: this.#assignment.providerModel,
      keyId: this.#assignment.keyId,
      startedMs,
      signal: this.#abort.signal,
      addUsage: (delta) => addUsage(this.usage, delta),
    });
    return {
      jobId,
      queue: this.#assignment.queue,
      type: this.#assignment.type,
      attempt,
      maxAttempts: this.#assignment.maxAttempts,
      payload,
      documentIds: this.#assignment.documentIds,
      pool: this.#assignment.pool,
      account: this.#assignment.account,
      providerModel: this.#assignment.providerModel,
      labels: this.#assignment.labels,
      startedMs,
      keyId: this.#assignment.keyId,
      traceparent: this.#assignment.traceparent,
      tracestate: this.#assignment.tracestate,
      signal: this.#abort.signal,
      settled: this.#settled.promise,
      resumed: fanOuts === 0 ? undefined : { fanOuts },
      lastCheckpoint: checkpointJson === "" ? undefined : JSON.parse(checkpointJson),
      finalizesGroupId: finalizesGroupId === "" ? undefined : finalizesGroupId,
      scheduleId: scheduleId === "" ? undefined : scheduleId,
      scheduleDueMs: due === undefined ? undefined : timestampMs(due),
      fanOut: (children, options) => this.#calls.fanOut(children, options),
      fanOutMany: (children, options) => this.#calls.fanOutMany(children, options),
      children: () => this.#calls.children(),
      readDocument: (documentId) => this.#calls.document(documentId),
      storeDocument: (document) => this.#calls.storeDocument(document),
      models,
      checkpoint: (value) => this.#calls.checkpoint(value),
      deadlineMs: deadline === undefined ? undefined : timestampMs(deadline),
      write: (text) => this.#sending(this.output.write(text)),
      writeData: (data) => this.#sending(this.output.writeData(data)),
      progress: (done, total, message) => this.#sending(this.output.progress(done, total, message)),
      addUsage: (delta) => addUsage(this.usage, delta),
      log: (level, message, fields) => log(level, message, { jobId, attempt, ...fields }),
    };
  }
}
