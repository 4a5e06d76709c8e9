/**
 * Tests overload: workers and callers that send more than can be handled, read nothing, disconnect in the middle,
 * or are very many.
 */

import { status } from "@grpc/grpc-js";
import { JobState } from "@millrace/proto/job";
import { fromRpcStatus } from "@millrace/runtime";
import { limits } from "@millrace/shared";
import { afterAll, expect, test } from "vitest";
import { benchOn } from "./bench.ts";
import { collectsGarbage, liveMemory } from "./live-memory.ts";
import { rawWatch } from "./raw-watch.ts";
import { adminOf, callerAt, faultOf, metric, startLogged, untilMetric } from "./setup.ts";

const shared = await startLogged({ workers: 0, settings: { all: collectsGarbage } });
afterAll(() => shared.system[Symbol.asyncDispose]());

const MIB = 1024 * 1024;
/** One MiB of output. */
const chunks = Array(16).fill({
  content: { case: "text" as const, value: "x".repeat(limits.chunkBytes) },
});

/** Starts a worker that holds a job and sends its output, one MiB at a time, as fast as the stream accepts it. */
async function startFlood({ queue, submit, rawWorker }: Awaited<ReturnType<typeof benchOn>>) {
  const worker = rawWorker();
  await worker.hello(queue);
  await submit();
  const { lease } = await worker.take();
  let sent = 0;
  const flood = async () => {
    for (;;) {
      const attempts = [{ lease, firstSequence: sent * chunks.length, chunks }];
      await worker.send({ case: "output", value: { attempts } });
      sent += 1;
    }
  };
  return { worker, ended: flood().catch(() => undefined), sentMib: () => sent };
}

test("a scheduler reads no more from a worker than it can store, so the rest waits in the worker", async () => {
  const bench = await benchOn(shared);
  const { redis } = shared.system;
  const jobId = await bench.submit();
  const { worker, ended, sentMib } = await startFlood(bench);
  redis.pause();
  const before = sentMib();
  // Redis has had time to answer, and the worker to send.
  const fault = await faultOf(bench.caller.jobs.getJob({ jobId }));
  expect(fault).toMatchObject({ code: status.UNAVAILABLE, reason: "STORE_UNAVAILABLE" });
  expect(sentMib() - before).toBeLessThan(12);
  worker.cut();
  await ended;
  redis.resume();
});

test("flooding workers, and a worker that reads no answers, do not block others", async () => {
  const bench = await benchOn(shared);
  const { journal, submit } = bench;
  const floods = [await startFlood(bench), await startFlood(bench)];
  floods[0]?.worker.deafen();
  bench.worker({ copy: async () => null });
  for (let i = 0; i < 10; i += 1) {
    expect((await journal.follow(await submit())).state).toBe(JobState.SUCCEEDED);
  }
  for (const { worker } of floods) worker.cut();
  await Promise.all(floods.map(({ ended }) => ended));
});

test("watchers that do not read cost little memory, and miss nothing once they read", async () => {
  const { caller, journal, submit, worker, check } = await benchOn(shared);
  const { gateways, schedulers } = shared.system;
  const page = "0123456789abcdef".repeat(limits.chunkBytes / 16);
  const pages = 64;
  worker({
    copy: async ({ write }) => {
      for (let i = 0; i < pages; i += 1) await write(page);
      return null;
    },
  });
  const jobId = await submit();
  const before = await Promise.all([...gateways, ...schedulers].map(liveMemory));
  const address = gateways[0]?.addresses.address;
  const watches = Array.from({ length: 48 }, () => rawWatch(address, caller.apiKey, jobId));
  await Promise.all(watches.map(({ opened }) => opened));
  // A watcher that reads gets everything meanwhile, and another job is done.
  await journal.follow(jobId);
  expect((await journal.follow(await submit())).state).toBe(JobState.SUCCEEDED);
  const after = await Promise.all([...gateways, ...schedulers].map(liveMemory));
  // All watchers together wait for 192 MiB.
  for (const [i, bytes] of after.entries()) expect(bytes - (before[i] ?? 0)).toBeLessThan(96 * MIB);
  for (const { read } of watches.slice(0, 2)) {
    let next = 0n;
    let end: JobState | undefined;
    for await (const { case: kind, value } of read()) {
      if (kind === "job") end = value.state;
      if (kind !== "chunks") continue;
      for (const { offset, content } of value.chunks) {
        expect(offset).toBe(next);
        expect(content.value).toBe(page);
        next += 1n;
      }
    }
    expect({ next, end }).toEqual({ next: BigInt(pages), end: JobState.SUCCEEDED });
  }
  await check();
});

test("watchers and waiters that disconnect leave nothing behind", async () => {
  const { caller, journal, submit, worker, check } = await benchOn(shared);
  const [gateway] = shared.system.gateways;
  const [scheduler] = shared.system.schedulers;
  const finish = Promise.withResolvers<void>();
  worker({
    copy: async ({ write }) => {
      await write("begun");
      await finish.promise;
      return null;
    },
  });
  const jobId = await submit();
  const following = journal.follow(jobId);
  const service = {
    gateway: "/millrace.jobs.v1.JobService/",
    scheduler: "/millrace.scheduler.v1.SchedulerService/",
  };
  const watchesEnded = () =>
    Promise.all([
      metric(gateway, "millrace_rpc_calls_total", { method: `${service.gateway}WatchJob` }),
      metric(scheduler, "millrace_rpc_calls_total", { method: `${service.scheduler}Watch` }),
    ]);
  const [atGateway, atScheduler] = await watchesEnded();
  const cancelled = Array.from({ length: 20 }, async () => {
    for await (const { event } of caller.jobs.watchJob({ jobId }))
      if (event.case === "chunks") break;
  });
  const dead = Array.from({ length: 20 }, async () => {
    const watch = rawWatch(gateway?.addresses.address, caller.apiKey, jobId);
    for await (const event of watch.read()) if (event.case === "chunks") break;
    watch.die();
  });
  const waiting = new AbortController();
  const waits = Array.from({ length: 20 }, () =>
    caller.jobs.getJob({ jobId, wait: { seconds: 60n } }, { signal: waiting.signal }),
  );
  await Promise.all([...cancelled, ...dead]);
  waiting.abort();
  await Promise.allSettled(waits);
  await untilMetric((ended) => ended === atGateway + 40, gateway, "millrace_rpc_calls_total", {
    method: `${service.gateway}WatchJob`,
  });
  await untilMetric((ended) => ended === atScheduler + 40, scheduler, "millrace_rpc_calls_total", {
    method: `${service.scheduler}Watch`,
  });
  finish.resolve();
  expect((await following).state).toBe(JobState.SUCCEEDED);
  await check();
});

test("1,200 watches through one gateway end with their job, and other calls are answered meanwhile", async () => {
  const { caller, journal, submit, worker, check } = await benchOn(shared);
  const finish = Promise.withResolvers<void>();
  worker({
    copy: async ({ write }) => {
      await write("begun");
      await finish.promise;
      return null;
    },
    other: async () => null,
  });
  const jobId = await submit();
  const following = journal.follow(jobId);
  let begun = 0;
  const all = Promise.withResolvers<void>();
  const watch = async ({ jobs }: typeof caller) => {
    let end: JobState | undefined;
    for await (const { event } of jobs.watchJob({ jobId })) {
      if (event.case === "job") end = event.value.state;
      else if (++begun === WATCHES) all.resolve();
    }
    return end;
  };
  const WATCHES = 1_200;
  const callers = [1, 2, 3].map(() => callerAt(shared.system.gatewayTarget(), caller.apiKey));
  const watches = callers.flatMap((one) => Array.from({ length: WATCHES / 3 }, () => watch(one)));
  await all.promise;
  expect((await journal.follow(await submit({ type: "other" }))).state).toBe(JobState.SUCCEEDED);
  finish.resolve();
  expect(new Set(await Promise.all(watches))).toEqual(new Set([JobState.SUCCEEDED]));
  expect((await following).state).toBe(JobState.SUCCEEDED);
  await check();
});

test("jobs beyond the depth limit are refused with a retry delay, accepted jobs are done, and memory returns to normal", async () => {
  const { caller, queue, worker } = await benchOn(shared);
  const admin = adminOf(shared.system);
  const QUEUED = 100;
  const SLOTS = 4;
  await admin.updateApiKey({ keyId: caller.keyId, budget: { maxQueued: QUEUED } });
  const go = Promise.withResolvers<void>();
  worker(
    {
      copy: async () => {
        await go.promise;
        return null;
      },
    },
    SLOTS,
  );
  const services = [...shared.system.gateways, ...shared.system.schedulers];
  const before = await Promise.all(services.map(liveMemory));
  const payload = {
    case: "payloadJson" as const,
    value: JSON.stringify({ text: "x".repeat(1_000) }),
  };
  const jobs = Array.from({ length: 500 }, () => ({ queue, type: "copy", payload }));
  const answers = [];
  // As many calls at the same time as a key may have.
  for (let round = 0; round < 3; round += 1) {
    const calls = Array.from({ length: 4 }, () => caller.jobs.submitJobs({ jobs }));
    answers.push(...(await Promise.all(calls)));
  }
  const accepted: string[] = [];
  const refused = [];
  for (const { result } of answers.flatMap(({ results }) => results)) {
    if (result.case === "jobId") accepted.push(result.value);
    else if (result.case === "error") refused.push(fromRpcStatus(result.value));
  }
  expect(accepted.length + refused.length).toBe(6_000);
  expect(accepted.length).toBeGreaterThanOrEqual(QUEUED);
  expect(accepted.length).toBeLessThanOrEqual(QUEUED + SLOTS);
  for (const { reason, retryDelayMs } of refused) {
    expect({ reason, later: (retryDelayMs ?? 0) > 0 }).toEqual({
      reason: "DEPTH_FULL",
      later: true,
    });
  }
  const byHttp = await fetch(`${shared.system.httpUrl}/v1/jobs`, {
    method: "POST",
    headers: { authorization: `Bearer ${caller.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ queue, type: "copy" }),
  });
  expect([byHttp.status, Number(byHttp.headers.get("retry-after")) > 0]).toEqual([429, true]);
  // A caller within its limits is served meanwhile.
  const other = callerAt(shared.system.gatewayTarget(), await shared.system.createApiKey("other"));
  const { job: others } = await other.jobs.submitJob({ job: { queue, type: "copy" } });
  const after = await Promise.all(services.map(liveMemory));
  for (const [i, bytes] of after.entries()) expect(bytes - (before[i] ?? 0)).toBeLessThan(96 * MIB);

  go.resolve();
  const wait = { seconds: 60n };
  const ended = await Promise.all([
    ...accepted.map((jobId) => caller.jobs.getJob({ jobId, wait })),
    other.jobs.getJob({ jobId: others?.id ?? "", wait }),
  ]);
  expect(new Set(ended.map(({ job }) => job?.state))).toEqual(new Set([JobState.SUCCEEDED]));
  const again = await caller.jobs.submitJob({ job: { queue, type: "copy" }, wait });
  expect(again.job?.state).toBe(JobState.SUCCEEDED);
  const findings = [];
  for await (const message of admin.audit({})) findings.push(...message.findings);
  expect(findings).toEqual([]);
});
