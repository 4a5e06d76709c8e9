import { status } from "@grpc/grpc-js";
import type { Reason } from "@millrace/shared";
import type { StreamError } from "./stream/link.ts";

/** EX_CONFIG of sysexits.h: the configuration is wrong, and a restart alone does not help. */
const EXIT_CONFIG = 78;

/** No scheduler can accept the worker as it is configured. The message says what to change. */
export class WorkerRefusedError extends Error {
  override readonly name: string = "WorkerRefusedError";
  readonly reason: Reason;
  /** The exit code for a program that ends because of this error. */
  readonly exitCode: number = EXIT_CONFIG;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The codes that stay the same until someone changes the configuration, each with what to change. */
const refusals: Partial<Record<status, readonly [Reason, advice: string]>> = {
  [status.INVALID_ARGUMENT]: [
    "MALFORMED",
    "Correct the fields that it names in the worker's configuration.",
  ],
  [status.UNAUTHENTICATED]: [
    "TOKEN_REJECTED",
    "Give the worker the scheduler's worker token (MILLRACE_WORKER_TOKEN).",
  ],
  [status.PERMISSION_DENIED]: [
    "NOT_ALLOWED",
    "Use a worker token that may serve these queues and pools, or serve others.",
  ],
  [status.UNIMPLEMENTED]: [
    "NOT_IMPLEMENTED",
    "Check that the address is a scheduler's port for workers (7072 by default).",
  ],
};

/** Returns the refusal if a stream ended with one before its welcome. Undefined if another try may be accepted. */
export function refusalOf(
  error: StreamError | undefined,
  address: string,
): WorkerRefusedError | undefined {
  if (error === undefined) return undefined;
  const refusal = refusals[error.code as status];
  if (refusal === undefined) return undefined;
  const [reason, advice] = refusal;
  const answer = `${status[error.code]}: ${error.details}`;
  const message = `The scheduler at ${address} refused this worker (${answer}). ${advice}`;
  return new WorkerRefusedError(reason, message);
}
