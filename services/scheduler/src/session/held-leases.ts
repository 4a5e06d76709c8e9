import type { JobRecord, Lease, LeaseRef } from "@millrace/engine";
import { StopReason } from "@millrace/proto/worker-service";
import type { Clock, JobId, TimerHandle } from "@millrace/shared";
import { decideDeadline } from "../policy/deadline-decision.ts";

/** What a session knows of an attempt that its worker runs. */
export interface HeldLease extends LeaseRef {
  readonly job: Pick<
    JobRecord,
    | "type"
    | "attempt"
    | "maxAttempts"
    | "backoff"
    | "deadlineMs"
    | "startedAtMs"
    | "pool"
    | "model"
    | "route"
    | "bounces"
    | "traceparent"
  >;
  /** Why the attempt was asked to stop; undefined if it was not. */
  readonly stopping: StopReason | undefined;
}

export interface HeldLeasesOptions {
  readonly clock: Clock;
  /** How long an attempt may take to stop after it was asked. */
  readonly graceMs: number;
  /** Called when the worker must be told to stop an attempt. */
  onStop(lease: LeaseRef, reason: StopReason): void;
  /** Called when an attempt has not stopped in time. The lease is no longer held here, and must be taken away. */
  onOverdue(lease: HeldLease): void;
}

interface Entry {
  readonly ref: LeaseRef;
  readonly job: HeldLease["job"];
  stopping: { readonly reason: StopReason; readonly revokeAtMs: number } | undefined;
  timer: TimerHandle | undefined;
}

/** The leases of one worker. Each is watched for its deadline, and after a request to stop for the end of its grace. */
export class HeldLeases {
  readonly #options: HeldLeasesOptions;
  readonly #entries = new Map<JobId, Entry>();

  constructor(options: HeldLeasesOptions) {
    this.#options = options;
  }

  /** Adds a lease that was just given or adopted. If its job's cancel was requested, the worker knows that already. */
  hold({ jobId, token, attempt, job, route }: Lease): void {
    this.drop({ jobId, token: this.#entries.get(jobId)?.ref.token ?? token });
    const entry: Entry = {
      ref: { jobId, token },
      job: { ...job, attempt, ...(route === undefined ? {} : { route }) },
      stopping: undefined,
      timer: undefined,
    };
    this.#entries.set(jobId, entry);
    if (job.cancelRequested) this.#mark(entry, StopReason.CANCELLED);
    this.#checkTimes(entry);
  }

  get ids(): readonly JobId[] {
    return [...this.#entries.keys()];
  }

  get all(): readonly HeldLease[] {
    return [...this.#entries.values()].map(heldLease);
  }

  get size(): number {
    return this.#entries.size;
  }

  get({ jobId, token }: LeaseRef): HeldLease | undefined {
    const entry = this.#entries.get(jobId);
    return entry?.ref.token === token ? heldLease(entry) : undefined;
  }

  /** Forgets a lease that was settled or lost. */
  drop({ jobId, token }: LeaseRef): void {
    const entry = this.#entries.get(jobId);
    if (entry?.ref.token !== token) return;
    entry.timer?.cancel();
    this.#entries.delete(jobId);
  }

  /** Passes on the cancel of a job. Repeating it has no effect. */
  cancel(jobId: JobId): void {
    const entry = this.#entries.get(jobId);
    if (entry === undefined || entry.stopping !== undefined) return;
    this.#mark(entry, StopReason.CANCELLED);
    this.#options.onStop(entry.ref, StopReason.CANCELLED);
    this.#checkTimes(entry);
  }

  /** Forgets all leases when the session ends. The leases themselves go on. */
  forget(): void {
    for (const entry of this.#entries.values()) entry.timer?.cancel();
    this.#entries.clear();
  }

  #mark(entry: Entry, reason: StopReason): void {
    const revokeAtMs = this.#options.clock.nowMs() + this.#options.graceMs;
    entry.stopping = { reason, revokeAtMs };
  }

  /** Does what is due for the lease, and sets a timer for what is due next. */
  #checkTimes(entry: Entry): void {
    const { clock, graceMs } = this.#options;
    const nowMs = clock.nowMs();
    entry.timer?.cancel();
    const deadline = decideDeadline(entry.job, nowMs, graceMs);
    const overdue = entry.stopping !== undefined && nowMs >= entry.stopping.revokeAtMs;
    if (overdue || deadline.kind === "revoke") {
      entry.stopping ??= { reason: StopReason.DEADLINE, revokeAtMs: nowMs };
      this.drop(entry.ref);
      this.#options.onOverdue(heldLease(entry));
      return;
    }
    if (deadline.kind === "stop" && entry.stopping === undefined) {
      entry.stopping = { reason: StopReason.DEADLINE, revokeAtMs: deadline.revokeAtMs };
      this.#options.onStop(entry.ref, StopReason.DEADLINE);
    }
    const untilMs = deadline.kind === "run" ? deadline.untilMs : deadline.revokeAtMs;
    const nextMs = Math.min(untilMs ?? Infinity, entry.stopping?.revokeAtMs ?? Infinity);
    if (nextMs < Infinity) entry.timer = clock.after(nextMs - nowMs, () => this.#checkTimes(entry));
  }
}

const heldLease = ({ ref, job, stopping }: Entry): HeldLease => ({
  ...ref,
  job,
  stopping: stopping?.reason,
});
