import { groupLength, type JobId, jobBytes, limits, parseJobId } from "@millrace/shared";
import { keyIndex, type Shard } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import type { JobPage, JobRecord, ListFilter } from "./contract.ts";
import { readJobs } from "./read_jobs.ts";

/** The most jobs that one call reads. A filter that matches few of them gives short pages instead. */
const MAX_READ = 2_000;
const READ_AT_ONCE = 250;

/** As many of the jobs as fit into one message. If some do not fit, the page token continues after the last that does. */
function pageOf(jobs: readonly JobRecord[], filter: ListFilter, next: string | undefined): JobPage {
  const length = groupLength(jobs, 0, {
    maxItems: filter.pageSize,
    maxWeight: limits.messageBytes,
    weigh: ({ labels, failure }) => jobBytes(labels, failure?.message, failure?.detailsJson),
  });
  const last = length < jobs.length ? jobs[length - 1] : undefined;
  const token = last === undefined ? next : parseJobId(last.id)?.unique;
  return { jobs: jobs.slice(0, length), ...(token === undefined ? {} : { nextPageToken: token }) };
}

/** The page token is the last ULID that was read. Ids sort by time, so later submissions do not shift pages. */
export async function listJobs(redis: Store, shard: Shard, filter: ListFilter): Promise<JobPage> {
  const index = keyIndex(shard, filter.keyId);
  const jobs: JobRecord[] = [];
  let below = filter.pageToken;
  for (let read = 0; read < MAX_READ; ) {
    const want = Math.min(READ_AT_ONCE, filter.pageSize - jobs.length);
    const ulids = await redis
      .zrevrangebylex(index, below === undefined ? "+" : `(${below}`, "-", "LIMIT", 0, want)
      .catch((error: unknown) => {
        throw asStoreFault(error, "listing jobs");
      });
    if (ulids.length === 0) return pageOf(jobs, filter, undefined);
    const ids = ulids.map((ulid) => `${filter.queue}~${filter.keyId}~${ulid}` as JobId);
    const found = await readJobs.run(redis, shard.base, { view: "summary", ids });
    // These jobs were removed by a program that does not know this index.
    const stale = ulids.filter((_, i) => found[i] === undefined);
    if (stale.length > 0) await redis.zrem(index, ...stale).catch(() => undefined);
    jobs.push(...found.filter((job) => job !== undefined).filter((job) => matches(job, filter)));
    below = ulids.at(-1);
    read += ulids.length;
    if (ulids.length < want) return pageOf(jobs, filter, undefined);
    if (jobs.length >= filter.pageSize) break;
  }
  return pageOf(jobs, filter, below);
}

function matches(job: JobRecord, filter: ListFilter): boolean {
  const { states, type, label, sinceMs = 0, beforeMs = Number.POSITIVE_INFINITY } = filter;
  if (job.submittedAtMs < sinceMs || job.submittedAtMs >= beforeMs) return false;
  if (states !== undefined && states.length > 0 && !states.includes(job.state)) return false;
  if (type !== undefined && job.type !== type) return false;
  return label === undefined || job.labels[label.name] === label.value;
}
