import type { APIError } from "openai";

/**
 * Returns the HTTP status of an error. An error inside a stream has none; its code is taken for the status if it looks like one,
 * as some routers of providers send it. Undefined if there is none.
 */
export function statusOf({ status, code }: Pick<APIError, "status" | "code">): number | undefined {
  if (status !== undefined) return status;
  const named = Number(code);
  return Number.isInteger(named) && named >= 400 && named < 600 ? named : undefined;
}
