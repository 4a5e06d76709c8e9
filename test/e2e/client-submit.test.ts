/** Tests submissions, and callers that wait for ends, when gateways and schedulers fail under the client. */
import { setImmediate } from "node:timers/promises";
import { connectMillrace, type Millrace } from "@millrace/client";
import { type LocalSystem, startSystem } from "@millrace/local";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { type Executor, startWorker } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";

async function setup(executor?: Executor, settings: Record<string, string> = {}) {
  const system = await startSystem({ workers: 0, settings: { gateway: settings } });
  onTestFinished(() => system[Symbol.asyncDispose]());
  if (executor !== undefined) work(system, executor);
  const connect = (address: string | readonly string[]) => {
    const millrace = connectMillrace({ address, apiKey: system.apiKey, deadlineMs: 60_000 });
    onTestFinished(() => millrace.close());
    return millrace;
  };
  return { system, connect, millrace: connect(system.gatewayTarget()) };
}

function work(system: LocalSystem, executor: Executor) {
  const worker = startWorker({
    address: system.workerTarget,
    workerId: "test",
    queues: ["documents"],
    slots: 200,
    executors: { test: executor },
    clock,
    random,
  });
  onTestFinished(() => worker.drain(0));
}

const job = { queue: "documents", type: "test" };
const labelled = (n: number) => ({ ...job, labels: { n: String(n) } });

/** Returns the labels of all stored jobs. */
async function stored(millrace: Millrace): Promise<string[]> {
  const jobs = await Array.fromAsync(millrace.list({ queue: "documents", pageSize: 500 }));
  return jobs.map(({ labels }) => labels.n ?? "").toSorted();
}

/** Resolves once everything that was submitted before has been sent: a later call has been answered. */
async function written(millrace: Millrace) {
  await setImmediate();
  await millrace.getDocument("doc_01JDXW5T5Q6M3C9N2V8K4H7R1B").catch(() => undefined);
}

/** Resolves once gateway and scheduler wait for this many ends. */
async function untilAwaited(system: LocalSystem, count: number) {
  for (const { addresses } of [system.gateways[0], system.schedulers[0]].flatMap(
    (one) => one ?? [],
  )) {
    const awaited = async () => {
      const page = await (await fetch(`http://${addresses.metrics}/metrics`)).text();
      return Number(/^millrace_awaited_jobs (\d+)$/m.exec(page)?.[1]);
    };
    while ((await awaited()) !== count) await setImmediate();
  }
}

test("jobs submitted at the same time share a few calls of the scheduler", async () => {
  const { system, millrace } = await setup();
  const outcomes = await Promise.all(Array.from({ length: 1_000 }, () => millrace.submit(job)));
  expect(new Set(outcomes.map(({ jobId }) => jobId)).size).toBe(1_000);
  const metrics = await fetch(`http://${system.schedulers[0]?.addresses.metrics}/metrics`);
  const calls = /rpc_calls_total\{method="[^"]*\/Submit",code="0"\} (\d+)/.exec(
    await metrics.text(),
  );
  expect(Number(calls?.[1])).toBeLessThan(20);
});

test("jobs submitted together each have their own outcome, in order", async () => {
  const { millrace } = await setup();
  const outcomes = await millrace.submitMany([
    job,
    { ...job, queue: "NO" },
    { ...job, queue: "nowhere" },
    { ...job, payload: { text: "x".repeat(300_000) } },
    { ...job, payload: { text: "x".repeat(4_000_000) } },
    job,
  ]);
  expect(outcomes.map((one) => (one.kind === "failed" ? one.error.reason : one.kind))).toEqual([
    ...["accepted", "MALFORMED", "QUEUE_NOT_FOUND", "TOO_LARGE", "TOO_LARGE", "accepted"],
  ]);
});

test("no job fails or is stored twice while a gateway is stopped and started again", async () => {
  const { system, millrace } = await setup();
  await millrace.submit(labelled(0));
  const submissions = Array.from({ length: 5_000 }, (_, i) => millrace.submit(labelled(i + 1)));
  await setImmediate();
  await system.gateways[0]?.restart();
  await Promise.all(submissions);
  const expected = Array.from({ length: 5_001 }, (_, i) => String(i)).toSorted();
  expect(await stored(millrace)).toEqual(expected);
});

test("streams that gateways close for their age lose no job and no end, and no job is sent twice", async () => {
  const { millrace } = await setup(async ({ payload }) => payload, {
    MILLRACE_STREAM_AGE_MS: "100",
  });
  let n = 0;
  const caller = async () => {
    while (n < 3_000) {
      const mine = n++;
      const submitted = millrace.submit(labelled(mine));
      const { result } = await millrace.run({ ...job, queue: "documents", payload: { mine } });
      expect(result).toEqual({ mine });
      await submitted;
    }
  };
  await Promise.all(Array.from({ length: 50 }, caller));
  const labels = (await stored(millrace)).filter((label) => label !== "");
  expect(labels).toEqual(Array.from({ length: n }, (_, i) => String(i)).toSorted());
});

test("a job whose answer was lost fails as ANSWER_LOST, or is sent again if it has an idempotency key", async () => {
  const { system, millrace } = await setup();
  await millrace.submit(labelled(0));
  // The gateway has the jobs but cannot answer.
  system.schedulers[0]?.pause();
  const plain = millrace.submit(labelled(1));
  const keyed = millrace.submit({ ...labelled(2), idempotencyKey: "two" });
  const lost = expect(plain).rejects.toMatchObject({
    code: "UNAVAILABLE",
    reason: "ANSWER_LOST",
    retryable: false,
    message: expect.stringContaining("idempotency key"),
  });
  await written(millrace);
  await system.gateways[0]?.kill();
  system.schedulers[0]?.resume();
  await system.gateways[0]?.restart();
  await lost;
  const { jobId } = await keyed;
  expect((await stored(millrace)).filter((n) => n === "2")).toHaveLength(1);
  expect(await millrace.submit({ ...labelled(2), idempotencyKey: "two" })).toEqual({
    jobId,
    existing: true,
  });
});

test("a submission waits for a gateway until its deadline", async () => {
  const { system, millrace } = await setup();
  await system.gateways[0]?.kill();
  await expect(millrace.submit(job, { deadlineMs: 200 })).rejects.toMatchObject({
    ...{ code: expect.stringMatching(/UNAVAILABLE|DEADLINE_EXCEEDED/), retryable: true },
  });
  const patient = millrace.submit(job);
  await system.gateways[0]?.restart();
  expect(await patient).toMatchObject({ existing: false });
});

test("run resolves for each job although gateway and scheduler were killed meanwhile", async () => {
  const gate = Promise.withResolvers<void>();
  const { system, millrace } = await setup(async ({ payload }) => {
    await gate.promise;
    return payload;
  });
  const accepted = millrace.submit(job);
  const runs = Array.from({ length: 100 }, (_, n) =>
    millrace.run<{ n: number }>({ ...job, payload: { n }, idempotencyKey: `run ${n}` }),
  );
  const { jobId } = await accepted;
  const waited = millrace.wait(jobId);
  await written(millrace);
  await system.gateways[0]?.kill();
  await system.schedulers[0]?.kill();
  await system.schedulers[0]?.restart();
  await system.gateways[0]?.restart();
  gate.resolve();
  expect((await Promise.all(runs)).map(({ result }) => result?.n)).toEqual(
    Array.from({ length: 100 }, (_, n) => n),
  );
  expect((await waited).state).toBe("SUCCEEDED");
});

test("an abandoned wait is removed in gateway and scheduler, and others go on", async () => {
  const { system, millrace } = await setup();
  const later = { ...job, runAt: new Date(clock.nowMs() + 3_600_000) };
  const ids = await Promise.all(
    Array.from({ length: 3 }, async () => (await millrace.submit(later)).jobId),
  );
  const leaving = new AbortController();
  const left = ids.map((id) => millrace.wait(id, { signal: leaving.signal }));
  const kept = millrace.wait(ids[0] ?? "");
  const run = millrace.run(later, { signal: leaving.signal });
  await untilAwaited(system, 4);
  leaving.abort();
  for (const one of [...left, run]) await expect(one).rejects.toMatchObject({ code: "CANCELLED" });
  await untilAwaited(system, 1);
  await millrace.cancel(ids[0] ?? "");
  expect(await kept).toMatchObject({ id: ids[0], state: "CANCELLED" });
  await untilAwaited(system, 0);
  const again = millrace.wait(ids[1] ?? "");
  await millrace.cancel(ids[1] ?? "");
  expect(await again).toMatchObject({ state: "CANCELLED" });
});

test("a client with more waits than its gateway accepts can abandon them, and submits meanwhile", async () => {
  const { system, millrace } = await setup(async () => ({}), {
    MILLRACE_STREAM_UNFINISHED: "100",
  });
  const later = { ...job, runAt: new Date(clock.nowMs() + 3_600_000) };
  const outcomes = await millrace.submitMany(Array.from({ length: 5_000 }, () => later));
  const leaving = new AbortController();
  const waits = outcomes.map((one) =>
    millrace.wait(one.kind === "accepted" ? one.jobId : "", { signal: leaving.signal }),
  );
  const left = Promise.allSettled(waits);
  await untilAwaited(system, 1_000);
  const { jobId } = await millrace.submit(job);
  leaving.abort();
  await left;
  expect(await millrace.wait(jobId)).toMatchObject({ state: "SUCCEEDED" });
  expect(await millrace.run(job)).toMatchObject({ state: "SUCCEEDED" });
  await untilAwaited(system, 0);
});

test("with several addresses, another gateway answers when one is away", async () => {
  const { system, connect } = await setup(async () => ({}));
  const second = await system.addGateway();
  const addresses = system.gateways.map(({ addresses: { address } }) => String(address));
  const millrace = connect(addresses);
  await millrace.run(job);
  await system.gateways[0]?.kill();
  await Promise.all(
    Array.from({ length: 10 }, () => millrace.run({ ...job, idempotencyKey: "once" })),
  );
  await second.kill();
  await system.gateways[0]?.restart();
  expect((await millrace.run({ ...job, idempotencyKey: "twice" })).state).toBe("SUCCEEDED");
});

test("close waits for submissions under way, ends waits, and refuses new calls", async () => {
  const { system, millrace } = await setup();
  const { jobId } = await millrace.submit(job);
  const waiting = expect(millrace.wait(jobId)).rejects.toMatchObject({ reason: "CLOSED" });
  system.schedulers[0]?.pause();
  const underWay = millrace.submit(job);
  const closed = millrace.close();
  await expect(millrace.submit(job)).rejects.toMatchObject({ code: "CANCELLED", reason: "CLOSED" });
  system.schedulers[0]?.resume();
  await closed;
  expect(await underWay).toMatchObject({ existing: false });
  await waiting;
  await expect(millrace.getJob(jobId)).rejects.toMatchObject({ reason: "CLOSED" });
});

test("a submission that is cancelled, or gets no answer before its deadline, fails with that reason", async () => {
  const { system, millrace } = await setup();
  await millrace.submit(job);
  system.schedulers[0]?.pause();
  const abort = new AbortController();
  const cancelled = millrace.submit(job, { signal: abort.signal });
  const late = millrace.submit(job, { deadlineMs: 100 });
  abort.abort(new Error("enough"));
  await expect(cancelled).rejects.toMatchObject({
    code: "CANCELLED",
    cause: { message: "enough" },
  });
  await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", retryable: false });
  system.schedulers[0]?.resume();
});

test("a submission survives the replacement of its scheduler, and is stored once", async () => {
  const { system, connect } = await setup(undefined, { MILLRACE_SCHEDULER_DEADLINE_MS: "60000" });
  const millrace = connect(system.gatewayTarget());
  await millrace.submit(labelled(0));
  await system.schedulers[0]?.kill();
  const submitted = millrace.submit(labelled(1));
  await system.schedulers[0]?.restart();
  expect(await submitted).toMatchObject({ existing: false });
  expect(await stored(millrace)).toEqual(["0", "1"]);
});
