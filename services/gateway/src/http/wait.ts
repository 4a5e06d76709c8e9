import type { CallHeaders } from "@millrace/runtime";
import { wholeNumber } from "@millrace/runtime";

const MAX_SECONDS = 60;

/** `?wait=10`: a wait that is not a whole number of seconds up to the limit is refused. */
export const waitParameter = wholeNumber(0, MAX_SECONDS).optional();

const PREFERENCE = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])/i;

/** How long to wait for a job, and the headers that report the wait. */
export interface Wait {
  readonly wait: { readonly seconds: bigint };
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Returns the wait that a request asks for, by its query or by `Prefer: wait=10` (RFC 7240). The header is only a
 * preference: a wait over the limit is cut to it, and an invalid one is ignored.
 */
export function waitOf(seconds: number | undefined, headers: CallHeaders): Wait {
  if (seconds !== undefined) return { wait: { seconds: BigInt(seconds) }, headers: {} };
  const preferred = PREFERENCE.exec(headers.get("prefer") ?? "")?.[1];
  if (preferred === undefined) return { wait: { seconds: 0n }, headers: {} };
  const applied = Math.min(Number(preferred), MAX_SECONDS);
  return {
    wait: { seconds: BigInt(applied) },
    headers: { "preference-applied": `wait=${applied}` },
  };
}
