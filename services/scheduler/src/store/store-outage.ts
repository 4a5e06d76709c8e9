import { StoreUnavailable } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";

/** What a caller is told of a fault: that the store is away, where it is; else the fault itself. */
export const asStoreOutage = (error: unknown): unknown =>
  error instanceof StoreUnavailable
    ? rpcError({
        reason: "STORE_UNAVAILABLE",
        message: error.accessDenied
          ? "the store denies the scheduler access: an operator has to correct its credentials"
          : "the store is unavailable",
        cause: error,
      })
    : error;

/** A handler with one reply that says STORE_UNAVAILABLE when Redis is away. */
export const unaryOverStore =
  <Args extends readonly unknown[], Reply>(handler: (...args: Args) => Promise<Reply> | Reply) =>
  async (...args: Args): Promise<Reply> => {
    try {
      return await handler(...args);
    } catch (error) {
      throw asStoreOutage(error);
    }
  };

/** As unaryOverStore, for a handler with a stream of replies. */
export const streamOverStore = <Args extends readonly unknown[], Reply>(
  handler: (...args: Args) => AsyncIterable<Reply>,
) =>
  async function* (...args: Args): AsyncGenerator<Reply> {
    try {
      yield* handler(...args);
    } catch (error) {
      throw asStoreOutage(error);
    }
  };

/** What a call resolves to; undefined if the store is away. */
export async function orAway<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}
