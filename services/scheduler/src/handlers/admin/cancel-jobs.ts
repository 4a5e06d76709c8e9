import type { Engine, JobRecord } from "@millrace/engine";
import { CancelJobsRequestSchema } from "@millrace/proto/admin-job";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { type Clock, isFinal, jobStates } from "@millrace/shared";
import type { JobObserver } from "../../observing/job-observer.ts";
import { jobGroups, wantedJobs } from "../../operators/job-pages.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import type { Operator } from "../../tokens/operator-tokens.ts";

/** How many jobs are read and cancelled at once. It bounds how long other calls wait for Redis. */
const GROUP = 50;

/** Reports its progress after each group. It stops when the caller leaves, and the remaining jobs stay as they are. */
export const cancelJobs = (
  engine: Pick<Engine, "cancel" | "listJobs" | "getQueue"> & {
    readonly apiKeys: Pick<Engine["apiKeys"], "page">;
  },
  observer: Pick<JobObserver, "ended">,
  record: RecordChange,
  clock: Clock,
): Handler<(typeof AdminService)["method"]["cancelJobs"], Operator> =>
  async function* (request, { signal, identity: by }) {
    const { filter, reason, max, dryRun } = request;
    const asked = await wantedJobs(engine, filter);
    const states = (asked.states ?? jobStates).filter((state) => !isFinal(state));
    // Jobs that are submitted while the call runs are left out.
    const wanted = {
      ...asked,
      states,
      beforeMs: Math.min(asked.beforeMs ?? Infinity, clock.nowMs() + 1),
    };
    if (!dryRun) {
      const change = { by, action: "CancelJobs", subject: wanted.queue, request };
      // Only the start is recorded. The caller has seen in the replies how far it came.
      await record({ ...change, schema: CancelJobsRequestSchema }, async () => undefined);
    }
    const counts = { matched: 0, cancelled: 0, requested: 0 };
    const report = (done: boolean) => ({
      matched: BigInt(counts.matched),
      cancelled: BigInt(counts.cancelled),
      requested: BigInt(counts.requested),
      done,
    });
    const cancelOne = async (job: JobRecord) => {
      const { kind } = await engine.cancel(job.id, reason);
      if (kind === "requested") counts.requested += 1;
      if (kind !== "cancelled") return;
      counts.cancelled += 1;
      observer.ended({ ...job, jobId: job.id }, "CANCELLED", clock.nowMs());
    };
    const most = max === 0 ? Number.POSITIVE_INFINITY : max;
    // Without a state there is no job to cancel: a list of jobs in no state would mean jobs in any.
    for await (const group of states.length === 0 ? [] : jobGroups(engine, wanted, GROUP)) {
      if (signal.aborted) return;
      const jobs = group.slice(0, most - counts.matched);
      if (!dryRun) await Promise.all(jobs.map(cancelOne));
      counts.matched += jobs.length;
      if (jobs.length > 0) yield report(false);
      if (counts.matched >= most) break;
    }
    yield report(true);
  };
