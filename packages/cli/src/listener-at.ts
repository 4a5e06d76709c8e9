import { type Admin, connectAdmin } from "@millrace/client/admin";
import { AdminService } from "@millrace/proto/admin-service";
import { JobService } from "@millrace/proto/job-service";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { WorkerService } from "@millrace/proto/worker-service";

const PROBE_MS = 2_000;

/** A harmless call of each service. Any answer but UNIMPLEMENTED shows that the listener serves it. */
const probes: readonly (readonly [string, (admin: Admin) => Promise<unknown>])[] = [
  ["a gateway's listener for callers", (at) => at.call(JobService.method.getJob, {})],
  ["a scheduler's listener for operators", (at) => at.call(AdminService.method.listQueues, {})],
  ["a scheduler's listener for workers", (at) => at.call(WorkerService.method.saveCheckpoint, {})],
  ["a scheduler's listener for gateways", (at) => at.call(SchedulerService.method.getTime, {})],
];
const foreign = new Set(["UNIMPLEMENTED", "UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL"]);

/** Which listener of Millrace answers at an address, in words. Undefined if none does. */
export async function listenerAt(
  options: Omit<Parameters<typeof connectAdmin>[0], "token" | "deadlineMs">,
): Promise<string | undefined> {
  const admin = connectAdmin({ ...options, deadlineMs: PROBE_MS });
  try {
    for (const [name, probe] of probes) {
      const code = await probe(admin).then(
        () => "OK",
        (error: { code?: unknown }) => String(error.code),
      );
      if (!foreign.has(code)) return name;
    }
  } finally {
    admin.close();
  }
  return (await servesMetrics(options.address)) ? "a listener for metrics and probes" : undefined;
}

async function servesMetrics(address: string | readonly string[]): Promise<boolean> {
  const [first = ""] = [address].flat();
  const answer = await fetch(`http://${first}/healthz`, {
    signal: AbortSignal.timeout(PROBE_MS),
  }).catch(() => undefined);
  return answer?.ok === true;
}
