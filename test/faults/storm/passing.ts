/** How a call may fail in a storm, and calls that are repeated until they do not. */
import { status } from "@grpc/grpc-js";
import { MillraceError } from "@millrace/client";
import { RpcFault } from "@millrace/runtime";
import { type Clock, sleep } from "@millrace/shared";

const PAUSE_MS = 100;

/** Millrace says that asking again may help, or the network says nothing of use. */
function passes(error: unknown): error is MillraceError | RpcFault {
  if (error instanceof MillraceError) {
    return error.retryable || error.code === "DEADLINE_EXCEEDED" || isBreak(error.code, error);
  }
  if (!(error instanceof RpcFault)) return false;
  return error.code === status.UNAVAILABLE || isBreak(status[error.code], error);
}
const isBreak = (code: string | undefined, { reason }: { readonly reason?: unknown }): boolean =>
  reason === undefined && ["CANCELLED", "UNKNOWN", "INTERNAL"].includes(String(code));

/** Calls again after each failure that passes; throws any other. */
export async function passing<T>(
  call: () => Promise<T>,
  clock: Clock,
  onFailure: (error: MillraceError | RpcFault) => void = () => {},
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!passes(error)) throw error;
      onFailure(error);
      await sleep(clock, PAUSE_MS);
    }
  }
}

export const nameOf = (error: MillraceError | RpcFault): string =>
  error instanceof RpcFault ? (status[error.code] ?? String(error.code)) : error.code;
