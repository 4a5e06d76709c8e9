/** Tests a provider that refuses for a while, and how many calls the shipped workers need to learn of it. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { JobState } from "@millrace/proto/job";
import { answer, type ProviderReply, refuse, startProviderSimulator } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { adminOf, callerAt, metric, startForTest, untilMetric } from "./setup.ts";

const WORKERS = 2;
const JOBS = 12;
const pool = "openai/m";
/** Longer than the test needs for its checks. */
const refusal = refuse(429, "rate_limit_exceeded", { "retry-after": "10" });

test("a series of refusals costs each worker one call and no job an attempt", async () => {
  const held: ((reply: ProviderReply) => void)[] = [];
  const provider = await startProviderSimulator(
    () => new Promise<ProviderReply>((resolve) => held.push(resolve)),
  );
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const { system } = await startForTest({
    workers: WORKERS,
    settings: {
      worker: {
        ...{ MILLRACE_SLOTS: String(JOBS / WORKERS) },
        ...{ MILLRACE_PROVIDER: "openai", MILLRACE_POOLS: pool },
        ...{ OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: "a key" },
      },
    },
  });
  const caller = callerAt(system.gatewayTarget(), await system.createApiKey("caller"));
  const messages = [{ role: "user", content: "Does the mill turn?" }];
  const job = {
    ...{ queue: "documents", type: "chat", pool },
    payload: { case: "payloadJson" as const, value: JSON.stringify({ messages }) },
  };
  const { results } = await caller.jobs.submitJobs({ jobs: Array(3 * JOBS).fill(job) });
  const ids = results.flatMap(({ result }) => (result.case === "jobId" ? [result.value] : []));
  // Every slot has called the provider, and many more jobs wait.
  await provider.called(JOBS);

  const bounced = (count: number) =>
    untilMetric((value) => value >= count, system.schedulers[0], "millrace_jobs_bounced_total");
  provider.behave(() => refusal);
  held[0]?.(refusal);
  await bounced(1);
  // The other calls are answered one after another, and their slots are free for jobs that would call.
  for (const reply of held.slice(1)) reply(answer("The mill turns."));
  const done = (count: number) =>
    untilMetric((value) => value >= count, system.schedulers[0], "millrace_jobs_completed_total");
  await done(JOBS - 1);
  const refused = 1 + provider.calls.length - JOBS;
  expect(refused).toBeLessThanOrEqual(WORKERS);
  // Jobs that were leased before the scheduler knew of the refusal are handed back without a call.
  const bounces = await metric(system.schedulers[0], "millrace_jobs_bounced_total");
  expect(bounces).toBeGreaterThanOrEqual(refused);
  expect(bounces).toBeLessThanOrEqual(JOBS);

  provider.behave(() => answer("The mill turns."));
  await adminOf(system).resetProviderAccount({ name: pool });
  const ended = await Promise.all(
    ids.map((jobId) => caller.jobs.getJob({ jobId, wait: { seconds: 60n } })),
  );
  expect(ended.map(({ job: end }) => [end?.state, end?.attempt])).toEqual(
    Array(3 * JOBS).fill([JobState.SUCCEEDED, 1]),
  );
});

test("a refusal seen while a worker's clock was an hour ahead delays nothing once the clock is right", async () => {
  let refuseFirst = (_: ProviderReply) => {};
  const provider = await startProviderSimulator(
    () => new Promise<ProviderReply>((resolve) => (refuseFirst = resolve)),
  );
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const jumpingClock = pathToFileURL(join(import.meta.dirname, "storm/jumping-clock.ts")).href;
  const { system } = await startForTest({
    settings: {
      worker: {
        ...{ NODE_OPTIONS: `--import ${jumpingClock}`, MILLRACE_THREADS: "1" },
        ...{ MILLRACE_PROVIDER: "openai", MILLRACE_POOLS: pool },
        ...{ OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: "a key" },
      },
    },
  });
  const [scheduler, worker] = [system.schedulers[0], system.workers[0]];
  const jump = () => process.kill(worker?.pid ?? Number.NaN, "SIGUSR2");
  const caller = callerAt(system.gatewayTarget(), system.apiKey);
  const messages = [{ role: "user", content: "Does the mill turn?" }];
  jump();
  const { job: submitted } = await caller.jobs.submitJob({
    job: {
      ...{ queue: "documents", type: "chat", pool },
      payload: { case: "payloadJson", value: JSON.stringify({ messages }) },
    },
  });
  await provider.called(1);
  refuseFirst(refuse(429, "rate_limit_exceeded", { "retry-after": "1" }));
  await untilMetric((value) => value >= 1, scheduler, "millrace_jobs_bounced_total");
  jump();
  provider.behave(() => answer("The mill turns."));
  const jobId = submitted?.id ?? "";
  const { job } = await caller.jobs.getJob({ jobId, wait: { seconds: 30n } });
  expect(job?.state).toBe(JobState.SUCCEEDED);
});
