/** Splits jobs that are added together: jobs that wait for nothing else go to Redis in one script call. */
import { type JobJson, type JobsOptions, optsEncodeMap, type ParentKeyOpts } from "bullmq";

export interface BulkEntry {
  readonly job: JobJson;
  readonly jobId: string;
  readonly parentKeyOpts?: ParentKeyOpts;
}

/** A bound on one call, because Redis serves nothing else while a script runs. */
const JOBS_PER_CALL = 250;

export type BulkRun =
  | { readonly kind: "plain"; readonly entries: readonly BulkEntry[] }
  | { readonly kind: "single"; readonly entry: BulkEntry };

/** Splits a list into calls, and keeps its order. */
export function bulkRuns(entries: readonly BulkEntry[]): BulkRun[] {
  const runs: BulkRun[] = [];
  let open: BulkEntry[] | undefined;
  for (const entry of entries) {
    if (!isPlain(entry)) {
      runs.push({ kind: "single", entry });
      open = undefined;
    } else if (open === undefined || open.length === JOBS_PER_CALL) {
      open = [entry];
      runs.push({ kind: "plain", entries: open });
    } else {
      open.push(entry);
    }
  }
  return runs;
}

/** The arguments of bullmq/lua/add_plain_jobs.lua. */
export const plainJobArgs = (entries: readonly BulkEntry[]): (string | number)[] =>
  entries.flatMap(({ job, jobId }) => [
    jobId ?? "",
    job.name,
    job.data,
    JSON.stringify(storedOptions(job.opts)),
    job.timestamp,
    job.opts.priority ?? 0,
    job.opts.lifo === true ? 1 : 0,
  ]);

/** Whether a job has no delay, deduplication, parent, children or scheduler. */
function isPlain({ job, parentKeyOpts }: BulkEntry): boolean {
  const { delay = 0, deduplication } = job.opts;
  if (delay > 0 || deduplication !== undefined || job.deduplicationId !== undefined) return false;
  if (job.parentKey !== undefined || job.parent !== undefined) return false;
  if (job.repeatJobKey !== undefined) return false;
  return !Object.values(parentKeyOpts ?? {}).some(Boolean);
}

/** The options under their stored names in BullMQ. */
function storedOptions(options: JobsOptions): Record<string, unknown> {
  const { telemetry, ...rest } = options;
  const names = optsEncodeMap as Readonly<Record<string, string | undefined>>;
  const stored: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) stored[names[name] ?? name] = value;
  if (telemetry?.metadata !== undefined) stored.tm = telemetry.metadata;
  if (telemetry?.omitContext !== undefined) stored.omc = telemetry.omitContext;
  return stored;
}
