import type { ChannelCredentials } from "@grpc/grpc-js";
import type { Clock, Random } from "@millrace/shared";
import type { Executor, Log } from "./executor.ts";
import type { BindModels } from "./models/contract.ts";

/**
 * Whether SIGTERM and SIGINT drain the worker, and how long running jobs may take then, in milliseconds: `graceMs`, 15,000
 * if it is left out. The process ends when the worker has left, unless something else keeps it alive. A second signal ends
 * it at once.
 */
export type DrainOnSignal = boolean | { readonly graceMs?: number };

/** PEM data: the root certificates that the worker trusts, and its own certificate and key. */
export interface WorkerTls {
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
}

/** What a worker needs is its address, queues and executors. Everything else has a default. */
export interface WorkerOptions {
  /** The scheduler's port for workers: `host:port`, or a gRPC target such as `dns:///scheduler:7072`. */
  readonly address: string;
  /**
   * The worker token that the scheduler expects. A function is called for each new stream, so that the token can
   * be rotated.
   */
  readonly token?: string | (() => string);
  /** Certificates. The connection is plaintext unless they are given. Each new stream uses the value of `current`. */
  readonly tls?: { readonly current: WorkerTls };
  /**
   * Replaces `tls` for credentials that it cannot express. They cannot be sent to the stream thread, so the
   * stream stays on the main thread. An executor that blocks the event loop then loses all leases of the worker.
   */
  readonly credentials?: ChannelCredentials;
  /**
   * Whether the stream and its heartbeats have a thread of their own, which all workers of the process share.
   * Default true. False saves some 30 MB. Use it if executors never compute for long, or if a bundler makes one
   * file of the program.
   */
  readonly streamThread?: boolean;
  /**
   * How long leases are renewed while the event loop is blocked. After that, other workers try the jobs. In
   * milliseconds, default 5 minutes.
   */
  readonly maxBlockedMs?: number;
  /**
   * What operators see, and what is unique among the workers that run. It matches `^[A-Za-z0-9._-]{1,128}$`. Default: the
   * host's name, the process's id and a random end.
   */
  readonly workerId?: string;
  /** The version of the worker's own program, which operators see: at most 128 characters. */
  readonly version?: string;
  readonly queues: readonly string[];
  readonly pools?: readonly string[];
  /** How many attempts run at the same time. 1 to 10,000, default 4. */
  readonly slots?: number;
  /**
   * How many guests may run beyond `slots`. A guest is an attempt of an API key that has nothing else running in
   * this worker. So one key with long jobs does not keep all others waiting. 0 to 100, default 0.
   */
  readonly guestSlots?: number;
  /** The executor of each job type. */
  readonly executors: Readonly<Record<string, Executor>>;
  /**
   * Makes `models` of each attempt's context: what `attemptModels` returns. The worker serves an account only if `pools` has
   * it. Without this option, calls of `models` fail their job.
   */
  readonly models?: BindModels;
  /** Default false: the program calls `drain` itself. */
  readonly drainOnSignal?: DrainOnSignal;
  /** Receives what happens. By default warnings and errors are JSON lines on standard error. */
  readonly log?: Log;
  /** A test may replace the clock. The default does not jump when the system's clock is set. */
  readonly clock?: Clock;
  /** A test may replace the random source. */
  readonly random?: Random;
  /** Called before each unary call to a scheduler, such as one that fans out, inside the executor's async context. */
  readonly traceCall?: (call: { readonly path: string; readonly address: string }) => TracedCall;
  /** How many bytes of one attempt's output may be unacknowledged before `write` waits. Default 1 MiB. */
  readonly maxUnacknowledgedBytes?: number;
  /**
   * How long a worker that was accepted before tries again when schedulers refuse its token or its hello. A
   * worker that was never accepted ends at the first refusal. In milliseconds, default 10 minutes.
   */
  readonly refusedGraceMs?: number;
}

/** A call that is traced. */
export interface TracedCall {
  /** Headers that the call carries, such as `traceparent`. */
  readonly headers: { readonly traceparent?: string; readonly tracestate?: string };
  /** Called once. `code` is the name of the gRPC status; `failure` is set unless the call succeeded. */
  end(end: {
    readonly code: string;
    readonly failure?: { readonly reason: string; readonly message: string };
  }): void;
}

export interface RunningWorker {
  /** True while the worker's stream is open and a scheduler has accepted it. */
  readonly connected: boolean;
  /**
   * Serves other pools from now on. The worker connects again to say so, and keeps its leases. Throws WorkerRefusedError, and
   * changes nothing, if no scheduler would accept them.
   */
  servePools(pools: readonly string[]): void;
  /** Takes no more jobs, finishes the running ones or hands them back after `graceMs`, and then disconnects. */
  drain(graceMs: number): Promise<void>;
  /**
   * Resolves when the worker has left. Rejects with WorkerRefusedError if no scheduler can accept the worker as
   * it is configured. If the rejection is not handled, Node ends the process with the message.
   */
  readonly ended: Promise<void>;
}
