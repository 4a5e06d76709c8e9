import { groupLength, type JobId, jobBytes, limits, parseJobId } from "@millrace/shared";
import { keyIndex, type Shard } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import { F } from "../redis/stored-names.ts";
import type { JobPage, JobRecord, ListFilter } from "./contract.ts";
import { readJobs } from "./read_jobs.ts";

/** The most jobs that one call reads. A filter that matches few of them gives short pages instead. */
const MAX_READ = 2_000;
const READ_AT_ONCE = 250;
/** As MAX_READ, of jobs of which only the type is read. */
const MAX_TYPES_READ = 20_000;
const TYPES_AT_ONCE = 2_000;

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
  const ofType = filter.type !== undefined;
  for (let read = 0; read < (ofType ? MAX_TYPES_READ : MAX_READ); ) {
    const want = ofType ? TYPES_AT_ONCE : Math.min(READ_AT_ONCE, filter.pageSize - jobs.length);
    const ulids = await redis
      .zrevrangebylex(index, below === undefined ? "+" : `(${below}`, "-", "LIMIT", 0, want)
      .catch((error: unknown) => {
        throw asStoreFault(error, "listing jobs");
      });
    if (ulids.length === 0) return pageOf(jobs, filter, undefined);
    const idOf = (ulid: string) => `${filter.queue}~${filter.keyId}~${ulid}` as JobId;
    const some = ofType ? await withType(redis, shard, ulids, filter.type, idOf) : ulids;
    const taken = some.slice(0, filter.pageSize - jobs.length);
    const ids = taken.map(idOf);
    const found =
      ids.length === 0 ? [] : await readJobs.run(redis, shard.base, { view: "summary", ids });
    // These jobs were removed by a program that does not know this index.
    const stale = taken.filter((_, i) => found[i] === undefined);
    if (stale.length > 0) await redis.zrem(index, ...stale).catch(() => undefined);
    jobs.push(...found.filter((job) => job !== undefined).filter((job) => matches(job, filter)));
    read += ulids.length;
    below = taken.length < some.length ? taken.at(-1) : ulids.at(-1);
    if (ulids.length < want && taken.length === some.length) return pageOf(jobs, filter, undefined);
    if (jobs.length >= filter.pageSize) break;
  }
  return pageOf(jobs, filter, below);
}

/** Those of the jobs that have a type, or are gone. It reads far less than the jobs themselves. */
async function withType(
  redis: Store,
  shard: Shard,
  ulids: readonly string[],
  type: string | undefined,
  idOf: (ulid: string) => JobId,
): Promise<readonly string[]> {
  const pipeline = redis.pipeline();
  for (const ulid of ulids) pipeline.hget(shard.base + idOf(ulid), F.type);
  const types = (await pipeline.exec()) ?? [];
  return ulids.filter((_, i) => {
    const [error, found] = types[i] ?? [];
    if (error) throw asStoreFault(error, "listing jobs");
    return found === null || found === type;
  });
}

function matches(job: JobRecord, filter: ListFilter): boolean {
  const { states, type, label, sinceMs = 0, beforeMs = Number.POSITIVE_INFINITY } = filter;
  if (job.submittedAtMs < sinceMs || job.submittedAtMs >= beforeMs) return false;
  if (states !== undefined && states.length > 0 && !states.includes(job.state)) return false;
  if (type !== undefined && job.type !== type) return false;
  return label === undefined || job.labels[label.name] === label.value;
}
