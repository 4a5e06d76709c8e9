import type { ChannelCredentials } from "@grpc/grpc-js";
import type { Clock, Random } from "@millrace/shared";
import type { Executor, Log } from "./executor.ts";

export interface WorkerOptions {
  /** A gRPC target, for example `dns:///scheduler:7070`. */
  readonly schedulerAddress: string;
  readonly token?: string;
  /** Plain text unless given. */
  readonly credentials?: ChannelCredentials;
  /** The same after a restart of the stream; `^[A-Za-z0-9._-]{1,128}$`. */
  readonly workerId: string;
  readonly queues: readonly string[];
  readonly pools?: readonly string[];
  /** How many attempts run at once. */
  readonly slots: number;
  /** By job type. */
  readonly executors: Readonly<Record<string, Executor>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Log;
  /** Output of one attempt that may be unacknowledged before `write` waits. Default 1 MiB. */
  readonly maxUnacknowledgedBytes?: number;
}

export interface RunningWorker {
  /** Takes no more jobs, finishes what runs or hands it back after `graceMs`, and leaves. */
  drain(graceMs: number): Promise<void>;
}
