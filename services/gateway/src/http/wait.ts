import type { CallHeaders } from "@millrace/runtime";
import { z } from "zod";

const MAX_SECONDS = 60;

/** `?wait=10`: refused where it is not a number of seconds that there may be. */
export const waitParameter = z.coerce.number().int().min(0).max(MAX_SECONDS).optional();

const PREFERENCE = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])/i;

/** How long to wait for a job, and what to say of it. */
export interface Wait {
  readonly wait: { readonly seconds: bigint };
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The wait that a request asks for by its query, or by `Prefer: wait=10` (RFC 7240), which is a wish:
 * one that is longer than may be is cut, and one that makes no sense is passed over.
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
