/**
 * What the schedulers mend by themselves: Redis may apply a part of a script at its second start after a crash
 * (docs/reliability.md), and a duty puts back what that leaves in no place.
 */
import type { AuditResponse } from "@millrace/proto/admin-service";
import { type Clock, isJobId, sleep } from "@millrace/shared";
import type { Ledger } from "./ledger.ts";
import type { Admin } from "./operator.ts";

/**
 * Each scheduler looks at 500 keys of the database every 2 s. A round leaves some 70,000, which takes it 5 minutes; it may be
 * anywhere when the storm ends, and so be at a job's key only in its next turn.
 */
const MENDED_MS = 600_000;
const LOOK_EVERY_MS = 2_000;

/** Passes on what services log, and has the ledger know what the schedulers have mended. */
export const notingMended =
  (ledger: Ledger, log: (line: string, service: string) => void) =>
  (line: string, service: string): void => {
    // The last line of one that was killed may be cut, and is no JSON then.
    const jobId = /"job_id":"([^"]+)"/.exec(line)?.[1];
    if (jobId !== undefined && line.includes(`"msg":"repaired a job"`)) ledger.mend(jobId);
    log(line, service);
  };

/**
 * Resolves once the audit finds no job that the duty could mend, and nothing waits or runs; or when the duty has had its time.
 * To the last audit: it takes half a minute.
 */
export async function auditWhenMended(admin: Admin, clock: Clock): Promise<AuditResponse> {
  const untilMs = clock.nowMs() + MENDED_MS;
  for (;;) {
    const audit = await auditOf(admin);
    // In this order: what is put back after the audit has looked was found by it, and what was before waits or runs.
    const { queues } = await admin.listQueues({});
    const busy = queues.some(({ stats }) => stats?.queued || stats?.scheduled || stats?.running);
    const left = busy || audit.findings.some(({ subject }) => isJobId(subject));
    if (!left || clock.nowMs() > untilMs) return audit;
    await sleep(clock, LOOK_EVERY_MS);
  }
}

/** The last message of an audit, with what it has found. */
async function auditOf(admin: Admin): Promise<AuditResponse> {
  for await (const message of admin.audit({})) if (message.done) return message;
  throw new Error("an audit ended without a word");
}
