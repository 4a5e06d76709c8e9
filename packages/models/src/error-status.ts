/** An error that a provider has answered with, whichever SDK has read it. */
export interface Refusal {
  /** Undefined for an error inside of a stream. */
  readonly status: number | undefined;
  readonly code?: string | null | undefined;
  readonly type?: string | null | undefined;
  readonly param?: string | null | undefined;
  readonly message: string;
  readonly headers?: Headers | undefined;
  /** The body's error. */
  readonly error?: unknown;
}

/**
 * Returns the HTTP status of an error. An error inside a stream has none; its code is taken for the status if it looks like one,
 * as some routers of providers send it. Undefined if there is none.
 */
export function statusOf({ status, code }: Pick<Refusal, "status" | "code">): number | undefined {
  if (status !== undefined) return status;
  const named = Number(code);
  return Number.isInteger(named) && named >= 400 && named < 600 ? named : undefined;
}
