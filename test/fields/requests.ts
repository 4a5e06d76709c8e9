/** Proves what callers ask for besides jobs. Each field of a request changes the answer. */
import { JobState } from "@millrace/proto/job";
import { ListJobsRequestSchema } from "@millrace/proto/job-service";
import type { JobState as StateName } from "@millrace/shared";
import { expect } from "vitest";
import { pathsOf } from "./paths.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import { eventsOfHttp, Watched } from "./watchers.ts";
import type { World } from "./world.ts";

interface Filter {
  readonly queue: string;
  readonly states?: readonly StateName[];
  readonly type?: string;
  readonly label?: { readonly name: string; readonly value: string };
}

/** Proves a filter with one job that matches it and four that each miss it by one member, and then pages of one job. */
export async function proveFilters(world: World, choice: SpecChoice): Promise<void> {
  const { ledger, jobs } = world;
  const spec = filledSpec({ ...choice, skip: ["deduplication"] });
  spec.labels = { wanted: "yes" };
  const variant = async (change: object) => {
    const job = { ...spec, idempotencyKey: "", ...change };
    return String((await jobs.submitJob({ job })).job?.id);
  };
  const fits = await variant({});
  await variant({ type: "another" });
  await variant({ labels: { wanted: "no" } });
  const ended = await variant({});
  await jobs.cancelJob({ jobId: ended });
  const filter: Filter = {
    queue: choice.queue,
    states: ["SCHEDULED"],
    type: choice.type,
    label: { name: "wanted", value: "yes" },
  };
  const without = (member: keyof Filter): Filter => {
    const { [member]: _, ...rest } = filter;
    return rest as Filter;
  };
  for (const [way, list] of Object.entries(listersOf(world))) {
    expect(await list(filter, 10), way).toEqual([fits]);
    for (const member of ["states", "type", "label"] as const) {
      expect(await list(without(member), 10), `${way} without ${member}`).toHaveLength(2);
    }
    expect(await list({ queue: choice.queue }, 1), `${way} by pages`).toHaveLength(4);
    const prefix = way === "List request" ? "filter." : "";
    const byHand = way === "millrace list flags" ? ["page_size", "page_token"] : [];
    const paths = pathsOf(ListJobsRequestSchema)
      .filter((path) => !byHand.includes(path))
      .map((path) => prefix + path);
    ledger.prove(way, ...paths, ...(prefix === "" ? [] : ["key_id"]));
  }
  const pages = await jobs.listJobs({ queue: choice.queue, pageSize: 3 });
  expect(pages.jobs).toHaveLength(3);
  ledger.prove("ListJobs response", "next_page_token");
  ledger.prove("List response", "page.next_page_token");
  ledger.prove("HTTP GET /v1/jobs", "next_page_token");
}

/** Returns functions that list all matching jobs page by page. Each asserts that no page is too long. */
function listersOf(world: World) {
  const { jobs, scheduler, millrace, http, keyId } = world;
  type Lister = (filter: Filter, pageSize: number) => Promise<string[]>;
  type Page = { readonly jobs: readonly { readonly id: string }[]; readonly nextPageToken: string };
  const paged = async (pageSize: number, page: (pageToken: string) => Promise<Page>) => {
    const ids: string[] = [];
    let pageToken = "";
    do {
      const { jobs: found, nextPageToken } = await page(pageToken);
      expect(found.length).toBeLessThanOrEqual(pageSize);
      ids.push(...found.map(({ id }) => id));
      pageToken = nextPageToken;
    } while (pageToken !== "");
    return ids;
  };
  const messageOf = ({ queue, states = [], type = "", label }: Filter, pageSize: number) => ({
    ...{ queue, type, pageSize },
    states: states.map((state) => JobState[state]),
    label: label === undefined ? "" : `${label.name}=${label.value}`,
  });
  const listers: Record<string, Lister> = {
    "ListJobs request": (filter, pageSize) =>
      paged(pageSize, (pageToken) => jobs.listJobs({ ...messageOf(filter, pageSize), pageToken })),
    "List request": (filter, pageSize) =>
      paged(pageSize, async (pageToken) => {
        const inner = { ...messageOf(filter, pageSize), pageToken };
        const { page } = await scheduler.list({ keyId, filter: inner });
        return page ?? { jobs: [], nextPageToken: "" };
      }),
    "HTTP GET /v1/jobs query": (filter, pageSize) =>
      paged(pageSize, async (pageToken) => {
        const { states, ...same } = messageOf(filter, pageSize);
        const query = new URLSearchParams({ ...same, pageSize: String(pageSize), pageToken });
        for (const state of states) query.append("state", JobState[state]);
        return (await (await http(`/v1/jobs?${query}`)).json()) as Page;
      }),
    "client list filter": async (filter, pageSize) => {
      const found = await Array.fromAsync(millrace.list({ ...filter, pageSize }));
      return found.map(({ id }) => id);
    },
    "millrace list flags": async ({ queue, states = [], type, label }) => {
      const flags = [
        ...["--queue", queue, ...(states.length === 0 ? [] : ["--state", states.join()])],
        ...(type === undefined ? [] : ["--type", type]),
        ...(label === undefined ? [] : ["--label", `${label.name}=${label.value}`]),
      ];
      const found = await Array.fromAsync(world.cliLines("list", ...flags));
      return found.map((job) => (job as { id: string }).id);
    },
  };
  return listers;
}

/** Proves that each way to cancel a job keeps the reason with it. */
export async function proveReasons(world: World, choice: SpecChoice): Promise<void> {
  const { ledger, jobs, scheduler, keyId } = world;
  const ways: Record<string, (jobId: string, reason: string) => Promise<unknown>> = {
    "CancelJob request": (jobId, reason) => jobs.cancelJob({ jobId, reason }),
    "Cancel request": (jobId, reason) => scheduler.cancel({ keyId, cancel: { jobId, reason } }),
    "AdminService.CancelJob request": (jobId, reason) => world.admin.cancelJob({ jobId, reason }),
    "HTTP DELETE /v1/jobs/{id} query": (jobId, reason) =>
      world.http(`/v1/jobs/${jobId}?reason=${encodeURIComponent(reason)}`, { method: "DELETE" }),
    "client cancel request": (jobId, reason) => world.millrace.cancel(jobId, { reason }),
    "millrace cancel flags": (jobId, reason) =>
      Array.fromAsync(world.cliLines("cancel", jobId, "--reason", reason)),
  };
  for (const [way, cancel] of Object.entries(ways)) {
    const spec = filledSpec(choice);
    const { job } = await jobs.submitJob({ job: spec });
    const reason = `by ${way}`;
    await cancel(String(job?.id), reason);
    const now = await jobs.getJob({ jobId: String(job?.id) });
    expect(now.job?.failure?.message, way).toBe(reason);
    if (way === "Cancel request") ledger.prove(way, "key_id", "cancel");
    else ledger.prove(way, "job_id", "reason");
  }
  await proveRemoval(world, choice);
}

/** Proves that a job is removed for its own key alone. */
async function proveRemoval({ ledger, jobs, scheduler, keyId }: World, choice: SpecChoice) {
  const { job } = await jobs.submitJob({ job: filledSpec(choice) });
  const jobId = String(job?.id);
  await jobs.cancelJob({ jobId });
  await expect(scheduler.remove({ keyId: "nobody00", jobId })).rejects.toThrow("no such job");
  await scheduler.remove({ keyId, jobId });
  await expect(jobs.getJob({ jobId })).rejects.toThrow("there is no job");
  ledger.prove("Remove request", "key_id", "job_id");
}

/** Proves the requests of a watch, on a job that has ended with some output. */
export async function proveWatchRequests(world: World, jobId: string): Promise<void> {
  const { ledger, jobs, scheduler, keyId } = world;
  const inner = async function* () {
    const request = { keyId, watch: { jobId, fromOffset: 1n } };
    for await (const { event } of scheduler.watch(request)) if (event) yield event;
  };
  const byOperator = async function* () {
    for await (const { event } of world.admin.watchJob({ jobId, fromOffset: 1n })) {
      if (event) yield event;
    }
  };
  const watches = {
    "AdminService.WatchJob request": byOperator(),
    "WatchJob request": jobs.watchJob({ jobId, fromOffset: 1n }),
    "Watch request": inner(),
    "HTTP GET /v1/jobs/{id}/events query": eventsOfHttp(world, `/v1/jobs/${jobId}/events?from=1`),
  };
  for (const [way, events] of Object.entries(watches)) {
    const watched = new Watched(events);
    await watched.ended;
    expect(watched.chunks[0]?.offset, way).toBe(1n);
    if (way === "Watch request") ledger.prove(way, "key_id", "watch");
    else ledger.prove(way, "job_id", "from_offset");
  }
}

/** Proves the requests of a submission stream besides jobs. The job `endless` runs on. */
export async function proveStreamRequests(
  world: World,
  choice: SpecChoice,
  { ended, endless }: { readonly ended: ReturnType<typeof filledSpec>; readonly endless: string },
): Promise<void> {
  const { ledger, jobs } = world;
  const stream = jobs.submitStream();
  await stream.write({
    notifyFinished: true,
    jobs: [
      { sequence: 1n, job: ended },
      { sequence: 2n, job: { queue: "nowhere", type: choice.type } },
    ],
    notifyJobIds: [endless],
  });
  // Without this the stream would last until that job ends, and so would this test.
  await stream.write({ forgetJobIds: [endless] });
  stream.end();
  const answers = await Array.fromAsync(stream.responses);
  const results = answers.flatMap((answer) => answer.results);
  const first = results.find(({ sequence }) => sequence === 1n)?.result;
  expect(first?.existing).toBe(true);
  const error = results.find(({ sequence }) => sequence === 2n)?.result?.result.value;
  expect(error).toMatchObject({
    code: 5,
    message: expect.stringContaining("there is no queue nowhere"),
  });
  expect((error as { details: unknown[] }).details).not.toEqual([]);
  expect(answers.flatMap(({ finished }) => finished)).toHaveLength(1);
  ledger.prove("SubmitStream request", "notify_finished", "forget_job_ids");
  ledger.prove("SubmitStream response", "results.result");

  // The wait was dropped, so this ends.
  const waiting = world.scheduler.watchFinished();
  await waiting.write({ addJobIds: [endless] });
  await waiting.write({ dropJobIds: [endless] });
  waiting.end();
  expect(await Array.fromAsync(waiting.responses)).toEqual([]);
  ledger.prove("WatchFinished request", "drop_job_ids");
}
