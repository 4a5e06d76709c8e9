import { status } from "@grpc/grpc-js";
import type { Reason } from "@millrace/shared";
import type { StreamError } from "./stream/link.ts";

/** EX_CONFIG of sysexits.h: the configuration is wrong, and a restart alone does not help. */
const EXIT_CONFIG = 78;

/** The worker can never be let in as it is configured. The message says what to change. */
export class WorkerRefusedError extends Error {
  override readonly name = "WorkerRefusedError";
  readonly reason: Reason;
  /** What a program that ends because of it should exit with. */
  readonly exitCode = EXIT_CONFIG;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Answers that stay the same until somebody changes the configuration, and what to change. */
const refusals: Partial<Record<status, readonly [Reason, advice: string]>> = {
  [status.INVALID_ARGUMENT]: ["MALFORMED", "Correct what it names in the worker's configuration."],
  [status.UNAUTHENTICATED]: [
    "TOKEN_REJECTED",
    "Give the worker the worker token of the scheduler (MILLRACE_WORKER_TOKEN).",
  ],
  [status.PERMISSION_DENIED]: [
    "NOT_ALLOWED",
    "Use a worker token that may serve these queues and pools, or serve others.",
  ],
  [status.UNIMPLEMENTED]: [
    "NOT_IMPLEMENTED",
    "Is the address that of a scheduler's port for workers (7072 by default)?",
  ],
};

/** The refusal that the end of a stream before its welcome means; undefined where another try may be let in. */
export function refusalOf(
  error: StreamError | undefined,
  schedulerAddress: string,
): WorkerRefusedError | undefined {
  if (error === undefined) return undefined;
  const refusal = refusals[error.code as status];
  if (refusal === undefined) return undefined;
  const [reason, advice] = refusal;
  const answer = `${status[error.code]}: ${error.details}`;
  const message = `The scheduler at ${schedulerAddress} does not let this worker in (${answer}). ${advice}`;
  return new WorkerRefusedError(reason, message);
}
