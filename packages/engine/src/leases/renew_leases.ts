import { defineScript } from "../redis/define-script.ts";
import { asList, unexpectedReply } from "../redis/reply.ts";
import type { LeaseRef, RenewOutcome } from "./contract.ts";

export interface RenewRequest {
  readonly nowMs: number;
  readonly leaseMs: number;
  readonly leases: readonly LeaseRef[];
}

export const renewLeases = defineScript<RenewRequest, readonly RenewOutcome[]>(import.meta.url, {
  name: "renew_leases",
  argv: ["now_ms", "lease_ms"],
  perItem: ["id", "token"],
  encode: ({ nowMs, leaseMs, leases }) => [
    nowMs,
    leaseMs,
    ...leases.flatMap((lease) => [lease.jobId, lease.token]),
  ],
  decode: (reply, { nowMs, leaseMs }) =>
    asList(reply).map((one): RenewOutcome => {
      const [word, cancelRequested] = asList(one);
      if (word === "LEASE_LOST") return { kind: "leaseLost" };
      if (word !== "RENEWED") return unexpectedReply("renew_leases", one);
      const expiresAtMs = nowMs + leaseMs;
      return { kind: "renewed", expiresAtMs, cancelRequested: cancelRequested === 1 };
    }),
});
