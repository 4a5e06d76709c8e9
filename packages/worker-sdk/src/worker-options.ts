import type { ChannelCredentials } from "@grpc/grpc-js";
import type { Clock, Random } from "@millrace/shared";
import type { Executor, Log } from "./executor.ts";

/** In PEM: what the worker trusts, and what it shows. */
export interface WorkerTls {
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
}

export interface WorkerOptions {
  /** A gRPC target, for example `dns:///scheduler:7070`. */
  readonly schedulerAddress: string;
  /** What the scheduler asks for. A function is called for each stream that is opened: the token may have been rotated. */
  readonly token?: string | (() => string);
  /** Certificates; plain text unless given. Those of `current` are used by each stream that is opened. */
  readonly tls?: { readonly current: WorkerTls };
  /**
   * Instead of `tls`, for what it cannot say. They cannot go to the stream thread, so the stream stays on the
   * main thread: an executor that blocks the event loop then loses all leases of the worker.
   */
  readonly credentials?: ChannelCredentials;
  /**
   * Whether the stream and its heartbeats have a thread of their own, shared by all workers of the process.
   * Default true. False saves some 30 MB, for executors that never compute for long, and for bundlers
   * that make one file of all.
   */
  readonly streamThread?: boolean;
  /**
   * How long leases are renewed while the event loop is blocked: afterwards the jobs are tried elsewhere.
   * Milliseconds, default 5 minutes.
   */
  readonly maxBlockedMs?: number;
  /** The same after a restart of the stream; `^[A-Za-z0-9._-]{1,128}$`. */
  readonly workerId: string;
  readonly queues: readonly string[];
  readonly pools?: readonly string[];
  /** How many attempts run at once. */
  readonly slots: number;
  /**
   * How many attempts more may run, each of an API key that has nothing else running here: so that one key whose jobs
   * are long does not keep all others waiting. 0 to 100, default 0: there are never more than `slots`.
   */
  readonly guestSlots?: number;
  /** By job type. */
  readonly executors: Readonly<Record<string, Executor>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Log;
  /** Output of one attempt that may be unacknowledged before `write` waits. Default 1 MiB. */
  readonly maxUnacknowledgedBytes?: number;
  /**
   * How long a worker that was let in before goes on trying when schedulers refuse it (its token, its
   * hello). One that was never let in ends at the first refusal. Milliseconds, default 10 minutes.
   */
  readonly refusedGraceMs?: number;
}

export interface RunningWorker {
  /** A scheduler has let it in, and its stream is open. */
  readonly connected: boolean;
  /** Takes no more jobs, finishes what runs or hands it back after `graceMs`, and leaves. */
  drain(graceMs: number): Promise<void>;
  /**
   * Resolves when the worker has left, and rejects with WorkerRefusedError when it can never be let in
   * as it is configured. Where nobody handles it, Node ends the process with the message.
   */
  readonly ended: Promise<void>;
}
