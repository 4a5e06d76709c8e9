import { JobState } from "@millrace/proto/job";
import {
  type Assignment,
  type LeaseRef,
  type LeaseStatus,
  type OutputAck,
  type SettleAck,
  WriteStatus,
} from "@millrace/proto/worker-service";
import { backoffMs } from "@millrace/shared";
import { Attempt, leaseKey } from "./attempt.ts";
import type { Call, Download, Store } from "./calls/scheduler-calls.ts";
import type { Log, SettledAttempt } from "./executor.ts";
import type { Uplink } from "./uplink.ts";
import type { WorkerSettings } from "./worker-defaults.ts";

/** When the store is away, the worker sends an attempt's output or outcome again after this time. */
const retryWriteBackoff = { initialMs: 250, maxMs: 250, factor: 1, jitter: 0.5 };
/**
 * A job whose type has no executor keeps its slot this long before it goes back. Otherwise it would come and go
 * in a loop.
 */
const unknownTypeMs = 1_000;
/** The contract's limit for the leases in a heartbeat and in a hello. */
const maxLeases = 10_000;

export interface RunningAttemptsParts {
  readonly options: WorkerSettings;
  readonly log: Log;
  readonly uplink: Uplink;
  /** Makes the unary calls of attempts. */
  readonly call: Call;
  /** Downloads documents of attempts. */
  readonly download: Download;
  /** Stores documents that attempts have made. */
  readonly store: Store;
  /** Called when an attempt is over. */
  readonly onOver: () => void;
}

/** The attempts of a worker. Each holds its slot until it is settled or lost. */
export class RunningAttempts {
  readonly #options: WorkerSettings;
  readonly #log: Log;
  readonly #uplink: Uplink;
  readonly #call: Call;
  readonly #download: Download;
  readonly #store: Store;
  readonly #onOver: () => void;
  readonly #attempts = new Map<string, Attempt>();
  /**
   * Counts the attempts whose executor has not returned, and those without an executor that are not handed back
   * yet.
   */
  #running = 0;
  #takesNoMore = false;

  constructor({ options, log, uplink, call, download, store, onOver }: RunningAttemptsParts) {
    this.#options = options;
    this.#log = log;
    this.#uplink = uplink;
    this.#call = call;
    this.#download = download;
    this.#store = store;
    this.#onOver = onOver;
  }

  get all(): readonly Attempt[] {
    return [...this.#attempts.values()];
  }

  get size(): number {
    return this.#attempts.size;
  }

  get leases(): LeaseRef[] {
    return this.all.filter(({ released }) => !released).map(({ lease }) => lease);
  }

  /** The worker drains: from now on it offers no free slot. */
  takeNoMore(): void {
    this.#takesNoMore = true;
  }

  /**
   * Returns how many slots are free. A slot is free once its executor has returned. Attempts that are not settled
   * take memory, so at most twice as many attempts as slots may exist. The worker gives credit for slots only.
   * The scheduler counts guests itself.
   */
  freeSlots(guests = 0): number {
    if (this.#takesNoMore) return 0;
    const slots = this.#options.slots + guests;
    const unsettled = Math.min(2 * slots, maxLeases) - this.#attempts.size;
    return Math.max(0, Math.min(slots - this.#running, unsettled));
  }

  find(lease: LeaseRef | undefined): Attempt | undefined {
    const attempt = lease && this.#attempts.get(leaseKey(lease));
    return attempt?.released === true ? undefined : attempt;
  }

  /** Applies what the scheduler of a new stream reports about a lease that this worker has presented. */
  resume({ lease, held, nextSequence, cancelRequested }: LeaseStatus): void {
    const attempt = this.find(lease);
    if (attempt === undefined) return;
    if (!held) {
      attempt.lose();
      return;
    }
    attempt.outcomeSent = false;
    if (!attempt.output.rewind(nextSequence)) attempt.outputLost();
    if (cancelRequested) attempt.stop("cancelled");
  }

  assign(assignment: Assignment): void {
    if (assignment.lease === undefined) return;
    const key = leaseKey(assignment.lease);
    if (this.#attempts.has(key)) return;
    const crowded = this.freeSlots(this.#options.guestSlots) === 0;
    const attempt: Attempt = new Attempt({
      assignment,
      maxUnacknowledgedBytes: this.#options.maxUnacknowledgedBytes ?? 1024 * 1024,
      call: this.#call,
      download: this.#download,
      store: this.#store,
      models: this.#options.models,
      changed: () => this.#changed(key, attempt),
    });
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

  /**
   * Hands back a job without an executor, after a delay. Only a scheduler that does not know the worker's types
   * assigns such a job, and it would assign the job again at once.
   */
  #handBackLater(attempt: Attempt, type: string): void {
    const { clock } = this.#options;
    const { jobId } = attempt.lease;
    const message = `a job of type "${type}" was handed back: this worker has no executor for that type`;
    this.#log("warn", message, { jobId });
    this.#running += 1;
    clock.after(unknownTypeMs, () => {
      this.#running -= 1;
      attempt.handBack("the worker has no executor for its type");
      this.#uplink.flushSoon();
    });
  }

  /** Applies the scheduler's answer to output of an attempt. */
  outputAnswered({ lease, status, nextSequence }: OutputAck): void {
    const attempt = this.find(lease);
    if (attempt === undefined) return;
    this.#outputAnswered(attempt, status, nextSequence);
    this.#uplink.changed(attempt);
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

  /** Applies the scheduler's answer to the outcome of an attempt. */
  settleAnswered({ lease, status, state, bounced }: SettleAck): void {
    const attempt = this.find(lease);
    if (attempt === undefined) return;
    if (status === WriteStatus.STORED) {
      attempt.stored({ state: JobState[state] as SettledAttempt["state"], bounced });
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
    if (attempt.over && this.#attempts.delete(key)) this.#onOver();
  }
}
