/**
 * Tracks what the schedulers repair by themselves. Redis may apply a part of a script at its second start after a
 * crash (docs/reliability.md). A duty of the schedulers puts back jobs that this leaves in no place.
 */
import type { AuditResponse } from "@millrace/proto/admin-service";
import { type Clock, isJobId, sleep, WEBHOOK_QUEUE } from "@millrace/shared";
import type { Ledger } from "./ledger.ts";
import type { Operator } from "./operator.ts";

/**
 * Each scheduler checks 500 keys of the database every 2 s. A round leaves some 70,000 keys, which takes it 5
 * minutes. The duty may be at any key when the storm ends, so it may reach a job only in its next turn.
 */
const REPAIRED_MS = 600_000;
const LOOK_EVERY_MS = 2_000;

/** Passes on log lines of services, and enters into the ledger which jobs the schedulers have repaired. */
export const notingRepaired =
  (ledger: Ledger, log: (line: string, service: string) => void) =>
  (line: string, service: string): void => {
    // The last line of a killed service may be cut, and is then not JSON.
    const jobId = /"job_id":"([^"]+)"/.exec(line)?.[1];
    if (jobId !== undefined && line.includes(`"msg":"repaired a job"`)) ledger.repair(jobId);
    log(line, service);
  };

/**
 * Resolves with the last audit, once it finds no job that the duty could repair and no job waits or runs, or once
 * the time is over. An audit takes half a minute.
 */
export async function auditWhenRepaired(operator: Operator, clock: Clock): Promise<AuditResponse> {
  const untilMs = clock.nowMs() + REPAIRED_MS;
  for (;;) {
    // What moves during an audit may look wrong: a lane from which the last jobs are taken, for example.
    const moved = await busy(operator);
    const audit = await auditOf(operator);
    // The order matters. A job that is put back after the audit was found by the audit. A job that was put back
    // before waits or runs now.
    const moves = await busy(operator);
    const left = moved || moves || audit.findings.some(({ subject }) => isJobId(subject));
    if (!left || clock.nowMs() > untilMs) return audit;
    await sleep(clock, LOOK_EVERY_MS);
  }
}

/**
 * Whether a job waits or runs. A delivery that has failed twice does neither for minutes, by its schedule: it is no reason to
 * wait.
 */
async function busy(operator: Operator): Promise<boolean> {
  const { queues } = await operator.ask((admin) => admin.listQueues({}));
  return queues.some(({ queue, stats: { queued = 0n, running = 0n, scheduled = 0n } = {} }) =>
    Boolean(queued || running || (scheduled && queue?.name !== WEBHOOK_QUEUE)),
  );
}

/** Returns the last message of an audit, with its findings. */
export const auditOf = (operator: Operator): Promise<AuditResponse> =>
  operator.ask(async (admin) => {
    for await (const message of admin.audit({})) if (message.done) return message;
    throw new Error("the audit ended without its last message");
  });
