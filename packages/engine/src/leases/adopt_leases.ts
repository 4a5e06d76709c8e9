import { jobRecord } from "../jobs/job-record.ts";
import { defineScript } from "../redis/define-script.ts";
import { asHash, asList, unexpectedReply } from "../redis/reply.ts";
import { F } from "../redis/stored-names.ts";
import type { AdoptOutcome } from "./contract.ts";
import type { RenewRequest } from "./renew_leases.ts";

export interface AdoptRequest extends RenewRequest {
  readonly workerId: string;
}

export const adoptLeases = defineScript<AdoptRequest, readonly AdoptOutcome[]>(import.meta.url, {
  name: "adopt_leases",
  argv: ["now_ms", "lease_ms", "worker_id"],
  perItem: ["id", "token"],
  encode: ({ nowMs, leaseMs, workerId, leases }) => [
    ...[nowMs, leaseMs, workerId],
    ...leases.flatMap((lease) => [lease.jobId, lease.token]),
  ],
  decode: (reply, { nowMs, leaseMs, leases }) =>
    asList(reply).map((one, index): AdoptOutcome => {
      const [word, flat] = asList(one);
      if (word === "LEASE_LOST") return { kind: "leaseLost" };
      const ref = leases[index];
      if (word !== "ADOPTED" || ref === undefined) return unexpectedReply("adopt_leases", one);
      const stored = asHash(flat);
      const job = jobRecord(ref.jobId, "RUNNING", stored);
      return {
        kind: "adopted",
        lease: {
          jobId: ref.jobId,
          token: ref.token,
          attempt: job.attempt,
          expiresAtMs: nowMs + leaseMs,
          heldBy: [],
          holds: [],
          nextSeq: Number(stored[F.next_seq] ?? 0),
          ...(job.route === undefined ? {} : { route: job.route }),
          job,
        },
      };
    }),
});
