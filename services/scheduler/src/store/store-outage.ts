import { StoreUnavailable } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";

/** Turns StoreUnavailable into the fault that callers receive. Returns any other error as it is. */
export const asStoreOutage = (error: unknown): unknown =>
  error instanceof StoreUnavailable
    ? rpcError({
        reason: "STORE_UNAVAILABLE",
        message: error.accessDenied
          ? "the store denies access to the scheduler: an operator must correct the scheduler's credentials"
          : "the store is unavailable: try again later",
        cause: error,
      })
    : error;

/** Wraps a unary handler, which then throws STORE_UNAVAILABLE while Redis is unavailable. */
export const unaryOverStore =
  <Args extends readonly unknown[], Reply>(handler: (...args: Args) => Promise<Reply> | Reply) =>
  async (...args: Args): Promise<Reply> => {
    try {
      return await handler(...args);
    } catch (error) {
      throw asStoreOutage(error);
    }
  };

/** Wraps a streaming handler in the same way. */
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

/** Resolves with the call's result, or with undefined if the store is unavailable. */
export async function unlessOutage<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}
