/** Repeats calls that fail only because of the storm's faults. */
import { status } from "@grpc/grpc-js";
import { MillraceError } from "@millrace/client";
import { RpcFault } from "@millrace/runtime";
import { type Clock, sleep } from "@millrace/shared";

const PAUSE_MS = 100;

/** Whether the failure may pass: Millrace says that a repeat may help, or the connection broke. */
export function isTransient(error: unknown): error is MillraceError | RpcFault {
  if (error instanceof MillraceError) {
    // The storm removes models for a while.
    if (error.reason === "MODEL_NOT_FOUND") return true;
    return error.retryable || error.code === "DEADLINE_EXCEEDED" || isBreak(error.code, error);
  }
  if (!(error instanceof RpcFault)) return false;
  return error.code === status.UNAVAILABLE || isBreak(status[error.code], error);
}
const isBreak = (code: string | undefined, { reason }: { readonly reason?: unknown }): boolean =>
  reason === undefined && ["CANCELLED", "UNKNOWN", "INTERNAL"].includes(String(code));

/** Repeats a call after each failure that may pass. Throws any other failure. */
export async function retryTransient<T>(
  call: () => Promise<T>,
  clock: Clock,
  onFailure: (error: MillraceError | RpcFault) => void = () => {},
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error)) throw error;
      onFailure(error);
      await sleep(clock, PAUSE_MS);
    }
  }
}

export const nameOf = (error: MillraceError | RpcFault): string =>
  error instanceof RpcFault ? (status[error.code] ?? String(error.code)) : error.code;
