import { type CallContext, rpcError } from "@millrace/runtime";

/**
 * Relays a scheduler's stream at the speed at which the caller reads. When the caller leaves, it cancels the scheduler's
 * stream. When the gateway stops, it fails with DRAINING and `message`, so that the caller turns to another gateway.
 */
export async function* relayed<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  { signal, draining }: Pick<CallContext, "signal" | "draining">,
  message: string,
): AsyncGenerator<T> {
  const upstream = new AbortController();
  const stop = () => upstream.abort();
  signal.addEventListener("abort", stop);
  draining.addEventListener("abort", stop);
  if (signal.aborted || draining.aborted) stop();
  try {
    yield* open(upstream.signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!draining.aborted) throw error;
    throw rpcError({ reason: "DRAINING", message, cause: error });
  } finally {
    signal.removeEventListener("abort", stop);
    draining.removeEventListener("abort", stop);
  }
}
