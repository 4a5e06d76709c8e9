/** Jobs that wait for nothing else. They are added together, in one call of a script. */
import { type JobJson, type JobsOptions, optsEncodeMap, type ParentKeyOpts } from "bullmq";
import { groupOf } from "./group-option.ts";

export interface NewJob {
  readonly job: JobJson;
  readonly jobId: string;
  readonly parentKeyOpts?: ParentKeyOpts;
}

/** Bounds of one call, because Redis serves nothing else while a script runs. */
const MOST_JOBS = 250;
const MOST_CHARACTERS = 1024 * 1024;

export type Run =
  | { readonly kind: "plain"; readonly jobs: readonly NewJob[] }
  | { readonly kind: "single"; readonly job: NewJob };

/** Splits a list into calls, and keeps its order. */
export function runsOf(jobs: readonly NewJob[]): Run[] {
  const runs: Run[] = [];
  let open: NewJob[] | undefined;
  let characters = 0;
  for (const job of jobs) {
    if (!isPlain(job)) {
      runs.push({ kind: "single", job });
      open = undefined;
      continue;
    }
    const length = job.job.data.length;
    if (open === undefined || open.length === MOST_JOBS || characters + length > MOST_CHARACTERS) {
      open = [];
      characters = 0;
      runs.push({ kind: "plain", jobs: open });
    }
    open.push(job);
    characters += length;
  }
  return runs;
}

/** The arguments of add_jobs.lua. */
export const plainArgs = (jobs: readonly NewJob[]): (string | number)[] =>
  jobs.flatMap(({ job, jobId }) => {
    const { id, cost } = groupOf(job.opts);
    return [
      ...[jobId ?? "", job.name, job.data, JSON.stringify(storedOptions(job.opts)), job.timestamp],
      ...[job.opts.priority ?? 0, job.opts.lifo === true ? 1 : 0, id, cost],
    ];
  });

/** Whether a job has no delay, deduplication, parent, children or scheduler. */
export function isPlain({ job, parentKeyOpts }: NewJob): boolean {
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
