import { type Engine, type LeaseRef, type LeaseRequest, StoreUnavailable } from "@millrace/engine";
import type { JobId, QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { queue, setup } from "./work-setup.ts";

/** Counts calls of `lease`. If there is a `gate`, each call waits for it after it has leased its jobs. */
function watched() {
  const calls: { request: LeaseRequest; done: Promise<unknown> }[] = [];
  const leased: { gate: Promise<void> | undefined; onLeased: () => void } = {
    gate: undefined,
    onLeased: () => undefined,
  };
  const between = (engine: Engine): Engine => ({
    ...engine,
    lease: (request) => {
      const done = engine.lease(request).then(async (result) => {
        leased.onLeased();
        await leased.gate;
        return result;
      });
      calls.push({ request, done });
      return done;
    },
  });
  const quiet = async () => {
    for (let seen = -1; seen < calls.length; ) {
      seen = calls.length;
      await Promise.all(calls.map(({ done }) => done));
      await new Promise((resolve) => setImmediate(resolve));
    }
    calls.length = 0;
  };
  return { calls, between, quiet, leased };
}

test("asks once for all waiting workers, and deals the jobs to them in turn", async () => {
  const { calls, between, quiet } = watched();
  const { engine, submit, connect } = await setup(between);
  const names = ["w1", "w2", "w3", "w4"];
  const workers = names.map((workerId) => connect(2, { workerId }));
  for (const worker of workers) await worker.waits();
  await quiet();

  const id = await submit();
  const { lease } = await Promise.any(workers.map((worker) => worker.assigned()));
  expect(lease.jobId).toBe(id);
  expect(calls.map(({ request }) => request.count)).toEqual([8]);
  const [record] = await engine.getJobs([id]);
  expect(record?.workerId).toBe(names[0]);
});

/** Jain's fairness index of counts: 1 if all are equal, 1/n if one has all. */
function jain(counts: readonly number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0);
  return sum ** 2 / (counts.length * counts.reduce((total, count) => total + count ** 2, 0));
}

/** Submits jobs, `inFlight` of them at a time, to workers with one slot. Returns how many jobs each worker ran. */
async function spread(workers: number, inFlight: number, jobs: number) {
  const { engine, submit, connect } = await setup();
  const connected = Array.from({ length: workers }, (_, index) =>
    connect(1, { workerId: `w${index}` }),
  );
  for (const worker of connected) await worker.waits();
  const ran = connected.map(() => 0);
  // The workers that have a job, in the order in which they got it: each job runs as long as the others.
  const running: number[] = [];
  let heard = Promise.withResolvers<void>();
  const leases = connected.map((): LeaseRef | undefined => undefined);
  const listen = (at: number) =>
    void connected[at]?.assigned().then(
      ({ lease }) => {
        leases[at] = { jobId: lease.jobId as JobId, token: Number(lease.fencingToken) };
        running.push(at);
        heard.resolve();
      },
      // A worker that gets nothing learns of the end of the test.
      () => undefined,
    );
  connected.forEach((_, index) => void listen(index));
  let submitted = 0;
  const more = async () => {
    submitted += 1;
    await submit();
  };
  for (let i = 0; i < inFlight; i += 1) await more();
  for (let done = 0; done < jobs; done += 1) {
    while (running.length === 0) {
      await heard.promise;
      heard = Promise.withResolvers();
    }
    const at = running.shift() as number;
    ran[at] = (ran[at] ?? 0) + 1;
    await engine.settle([{ ...(leases[at] as LeaseRef), kind: "complete", resultJson: "{}" }]);
    connected[at]?.send({ case: "credit", value: { slots: 1 } });
    await connected[at]?.heard();
    listen(at);
    if (submitted < jobs) await more();
  }
  return ran;
}

test("gives one job at a time to each of 200 workers once, and not to the same one", async () => {
  expect(await spread(200, 1, 200)).toEqual(Array.from({ length: 200 }, () => 1));
});

test("spreads 20 jobs in flight over 200 workers", async () => {
  expect(jain(await spread(200, 20, 1_000))).toBeGreaterThanOrEqual(0.95);
});

test("puts a worker that got a job from one queue behind the others in its other queues too", async () => {
  const { between, quiet } = watched();
  const { engine, submit, connect } = await setup(between);
  const other = "pictures" as QueueName;
  await engine.defineQueue({ name: other });
  const queues = [queue, other];
  const workers = ["w1", "w2"].map((workerId) => connect(2, { workerId, queues }));
  for (const worker of workers) await worker.waits();
  await quiet();
  const [first, second] = workers;
  const id = await submit();
  expect((await first?.assigned())?.lease.jobId).toBe(id);
  await quiet();
  const next = await submit({}, other);
  expect((await second?.assigned())?.lease.jobId).toBe(next);
});

test("gives each worker as many jobs as it has slots, and the last ones to the one with more", async () => {
  const { submit, connect } = await setup();
  for (let i = 0; i < 20; i += 1) await submit();
  const small = connect(2, { workerId: "small" });
  const large = connect(9, { workerId: "large" });
  const take = async (worker: typeof small, count: number) => {
    expect((await worker.next())?.case).toBe("welcome");
    const ids: string[] = [];
    while (ids.length < count) {
      ids.push(...(await worker.assignedAll()).map(({ lease }) => lease.jobId));
    }
    return ids;
  };
  const taken = await Promise.all([take(small, 2), take(large, 9)]);
  expect(taken.map((ids) => ids.length)).toEqual([2, 9]);
  expect(new Set(taken.flat()).size).toBe(11);
  for (const worker of [small, large]) await worker.heard();
});

test("gives a job to a worker that serves its pool, whichever others wait", async () => {
  const { submit, connect } = await setup();
  const plain = connect(1, { workerId: "plain" });
  const gpu = connect(1, { workerId: "gpu", pools: ["gpu"] });
  for (const worker of [plain, gpu]) await worker.waits();
  const onGpu = await submit({ pool: "gpu" });
  expect((await gpu.assigned()).lease.jobId).toBe(onGpu);
  const anywhere = await submit();
  expect((await plain.assigned()).lease.jobId).toBe(anywhere);
});

test("gives a job to a worker that names its type, whichever others wait, and to one that names none", async () => {
  const { submit, connect } = await setup();
  const early = await submit({ type: "resize" });
  const mail = connect(2, { workerId: "mail", types: ["mail"] });
  await mail.waits();
  const resize = connect(2, { workerId: "resize", types: ["resize", "crop"] });
  expect((await resize.next())?.case).toBe("welcome");
  expect((await resize.assigned()).lease.jobId).toBe(early);
  const mailed = await submit({ type: "mail" });
  expect((await mail.assigned()).lease.jobId).toBe(mailed);
  const rare = await submit({ type: "rare" });
  await mail.heard();
  const any = connect(1, { workerId: "any" });
  expect((await any.next())?.case).toBe("welcome");
  expect((await any.assigned()).lease.jobId).toBe(rare);
});

test("serves a worker of several queues in turn", async () => {
  const { engine, submit, connect } = await setup();
  const other = "pictures" as QueueName;
  await engine.defineQueue({ name: other });
  for (let i = 0; i < 10; i += 1) {
    await submit();
    await submit({}, other);
  }
  const worker = connect(1, { queues: [queue, other] });
  await worker.next();
  const served: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    served.push((await worker.assigned()).queue);
    worker.send({ case: "credit", value: { slots: 1 } });
  }
  const share = served.filter((name) => name === queue).length;
  expect(share).toBeGreaterThanOrEqual(4);
  expect(share).toBeLessThanOrEqual(6);
});

test("fills a slot from another queue that one queue did not fill", async () => {
  const { between, quiet } = watched();
  const { engine, submit, connect } = await setup(between);
  const other = "pictures" as QueueName;
  await engine.defineQueue({ name: other });
  const worker = connect(1, { queues: [queue, other] });
  await worker.waits();
  await quiet();
  const id = await submit({}, other);
  expect((await worker.assigned()).lease.jobId).toBe(id);
});

test("gives jobs that were leased for a draining worker to another one", async () => {
  const { between, quiet, leased } = watched();
  const { submit, connect } = await setup(between);
  const leaving = connect(1, { workerId: "leaving" });
  await leaving.waits();
  await quiet();
  const gate = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  leased.gate = gate.promise;
  leased.onLeased = taken.resolve;
  const id = await submit();
  await taken.promise;
  leaving.send({ case: "draining", value: {} });
  await leaving.heard();
  gate.resolve();
  const staying = connect(1, { workerId: "staying" });
  await staying.next();
  const { lease, attempt } = await staying.assigned();
  expect([lease.jobId, attempt]).toEqual([id, 1]);
});

test("finds a job whose signal was lost within a second", async () => {
  const deaf = (engine: Engine): Engine => ({
    ...engine,
    subscribe: async () => ({ [Symbol.asyncDispose]: async () => undefined }),
  });
  const { calls, between, quiet } = watched();
  const { clock, submit, connect } = await setup((engine) => between(deaf(engine)));
  const worker = connect(1);
  await worker.waits();
  await quiet();
  const id = await submit();
  clock.advance(999);
  expect(calls).toHaveLength(0);
  clock.advance(1);
  expect((await worker.assigned()).lease.jobId).toBe(id);
});

test("serves a queue again for a worker that comes after the last one has left", async () => {
  const { submit, connect } = await setup();
  const first = connect(1);
  await first.next();
  first.send({ case: "goodbye", value: {} });
  expect(await first.next()).toBeUndefined();
  const second = connect(1);
  await second.next();
  const id = await submit();
  expect((await second.assigned()).lease.jobId).toBe(id);
});

test("asks an unavailable store again within a second, and not all the time", async () => {
  let away = true;
  let asked = 0;
  const failing = (engine: Engine): Engine => ({
    ...engine,
    lease: async (request) => {
      asked += 1;
      if (away) throw new StoreUnavailable("away", { cause: undefined });
      return engine.lease(request);
    },
  });
  const { clock, submit, connect } = await setup(failing);
  const worker = connect(1);
  await worker.waits();
  const id = await submit();
  await worker.heard();
  expect(asked).toBeLessThanOrEqual(2);
  away = false;
  clock.advance(1_000);
  expect((await worker.assigned()).lease.jobId).toBe(id);
});
