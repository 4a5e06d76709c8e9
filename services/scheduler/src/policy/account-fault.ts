import type { DecidedReport } from "./provider-report.ts";

/** The account's key is not accepted, its money is used up, or it may not make this call. */
const NOT_ALLOWED: ReadonlySet<number> = new Set([401, 402, 403]);

/**
 * Whether a provider's answer is about the account that called, so that another account may have served the call: it refused
 * for load, has no quota left, failed, or does not accept the account.
 */
export const isAccountFault = (
  { kind }: Pick<DecidedReport, "kind">,
  httpStatus: number,
): boolean => kind !== "answered" || NOT_ALLOWED.has(httpStatus);
