import type { Engine, JobRecord, ListFilter } from "@millrace/engine";
import type { JobFilter } from "@millrace/proto/admin-job";
import { JobState as JobStateMessage } from "@millrace/proto/job";
import { timeMs } from "@millrace/runtime";
import { isKeyId, isUlid, jobStates, type KeyId } from "@millrace/shared";
import { labelOf } from "../messages/job-filter.ts";
import { existingQueue } from "./queue-status.ts";

/** How many keys one page looks at. Keys without a matching job cost one call of Redis each. */
const KEYS_PER_PAGE = 200;

/** The jobs that operators ask for. */
export interface WantedJobs extends Omit<ListFilter, "keyId" | "pageSize" | "pageToken"> {
  /** Left out: all API keys. */
  readonly keyId?: KeyId;
}

export interface JobsPage {
  readonly jobs: readonly JobRecord[];
  readonly nextPageToken: string;
}

type Engines = Pick<Engine, "listJobs" | "getQueue"> & {
  readonly apiKeys: Pick<Engine["apiKeys"], "page">;
};

/** Reads a filter. Throws QUEUE_NOT_FOUND, or MALFORMED for a label without a name. */
export async function wantedJobs(
  engine: Pick<Engine, "getQueue">,
  filter: JobFilter | undefined,
): Promise<WantedJobs> {
  const { name: queue } = await existingQueue(engine, filter?.queue ?? "");
  const { keyId = "", type = "", label = "", states = [] } = filter ?? {};
  const wanted = jobStates.filter((state) => states.includes(JobStateMessage[state]));
  const { submittedSince, submittedBefore } = filter ?? {};
  return {
    queue,
    ...(isKeyId(keyId) ? { keyId } : {}),
    ...(wanted.length === 0 ? {} : { states: wanted }),
    ...(type === "" ? {} : { type }),
    ...(label === "" ? {} : { label: labelOf(label) }),
    ...(submittedSince === undefined ? {} : { sinceMs: timeMs(submittedSince) }),
    ...(submittedBefore === undefined ? {} : { beforeMs: timeMs(submittedBefore) }),
  };
}

/** Whether `token` is one that readJobPage has returned: "<key id>/", or "<key id>/<ULID>". */
export function isJobPageToken(token: string): boolean {
  const [keyId = "", ulid = "", ...more] = token.split("/");
  return isKeyId(keyId) && (ulid === "" || isUlid(ulid)) && more.length === 0;
}

/**
 * Reads a page of jobs: by key id, and for each key the newest first. The token says where the next page begins, so that
 * new jobs and keys shift no page.
 */
export async function readJobPage(
  engine: Engines,
  { keyId, ...filter }: WantedJobs,
  pageSize: number,
  pageToken: string,
): Promise<JobsPage> {
  const [from = "", within = ""] = pageToken.split("/");
  const keys =
    keyId === undefined ? await keysFrom(engine, from) : [keyId].filter((key) => key >= from);
  const jobs: JobRecord[] = [];
  for (const [at, key] of keys.entries()) {
    if (jobs.length >= pageSize || at >= KEYS_PER_PAGE) return { jobs, nextPageToken: `${key}/` };
    const token = key === from ? within : "";
    const page = await engine.listJobs({
      ...{ ...filter, keyId: key, pageSize: pageSize - jobs.length },
      ...(token === "" ? {} : { pageToken: token }),
    });
    jobs.push(...page.jobs);
    if (page.nextPageToken !== undefined) {
      return { jobs, nextPageToken: `${key}/${page.nextPageToken}` };
    }
  }
  return { jobs, nextPageToken: "" };
}

/** The ids of the keys that a page looks at, and of the next one. */
async function keysFrom({ apiKeys }: Engines, from: string): Promise<readonly KeyId[]> {
  const at = from === "" ? undefined : { at: from };
  return (await apiKeys.page(KEYS_PER_PAGE + 1, at)).map((key) => key.keyId);
}

/** Reads all jobs of a filter, some at a time. */
export async function* jobGroups(
  engine: Engines,
  wanted: WantedJobs,
  size: number,
): AsyncGenerator<readonly JobRecord[]> {
  let token = "";
  do {
    const page = await readJobPage(engine, wanted, size, token);
    yield page.jobs;
    token = page.nextPageToken;
  } while (token !== "");
}
