import { type Engine, type LeaseRef, type LeaseRequest, StoreUnavailable } from "@millrace/engine";
import type { JobId, QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { queue, setup } from "./work-setup.ts";

/** Counts calls of `lease`; each waits for `gate`, if there is one, once its jobs are leased. */
function watched() {
  const calls: { request: LeaseRequest; done: Promise<unknown> }[] = [];
  const leased: { gate: Promise<void> | undefined; told: () => void } = {
    gate: undefined,
    told: () => undefined,
  };
  const between = (engine: Engine): Engine => ({
    ...engine,
    lease: (request) => {
      const done = engine.lease(request).then(async (result) => {
        leased.told();
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

test("one call asks for all workers that wait, and jobs go to them by turns", async () => {
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

/** Jain's index of how evenly counts are spread: 1 if all are equal, 1/n if one has all. */
function jain(counts: readonly number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0);
  return sum ** 2 / (counts.length * counts.reduce((total, count) => total + count ** 2, 0));
}

/** Submits jobs, `inFlight` of them at a time, to workers of one slot. Returns how many each worker ran. */
async function spread(workers: number, inFlight: number, jobs: number) {
  const { engine, submit, connect } = await setup();
  const connected = Array.from({ length: workers }, (_, at) => connect(1, { workerId: `w${at}` }));
  for (const worker of connected) await worker.waits();
  const ran = connected.map(() => 0);
  // Who has a job, in the order in which they were given it: each runs as long as the others.
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
      // Whoever is given nothing hears of the end of the test.
      () => undefined,
    );
  connected.forEach((_, at) => void listen(at));
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

test("one job at a time goes to each of 200 workers once, and not to the same one", async () => {
  expect(await spread(200, 1, 200)).toEqual(Array.from({ length: 200 }, () => 1));
});

test("20 jobs in flight are spread over 200 workers", async () => {
  expect(jain(await spread(200, 20, 1_000))).toBeGreaterThanOrEqual(0.95);
});

test("who was given a job by one queue stands behind the others in its other queues too", async () => {
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

test("each worker gets as many jobs as it has slots, and the last ones who has more", async () => {
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

test("a job goes to a worker that serves its pool, whoever else waits", async () => {
  const { submit, connect } = await setup();
  const plain = connect(1, { workerId: "plain" });
  const gpu = connect(1, { workerId: "gpu", pools: ["gpu"] });
  for (const worker of [plain, gpu]) await worker.waits();
  const onGpu = await submit({ pool: "gpu" });
  expect((await gpu.assigned()).lease.jobId).toBe(onGpu);
  const anywhere = await submit();
  expect((await plain.assigned()).lease.jobId).toBe(anywhere);
});

test("a job goes to a worker that names its type, whoever else waits, and to one that names none", async () => {
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

test("a worker of several queues serves them by turns", async () => {
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

test("a slot that one queue did not fill is there for another", async () => {
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

test("jobs that were leased for a worker which began to drain meanwhile go to another", async () => {
  const { between, quiet, leased } = watched();
  const { submit, connect } = await setup(between);
  const leaving = connect(1, { workerId: "leaving" });
  await leaving.waits();
  await quiet();
  const gate = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  leased.gate = gate.promise;
  leased.told = taken.resolve;
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

test("a job whose signal was lost is found within a second", async () => {
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

test("a queue is served again by who comes after the last worker has left", async () => {
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

test("a store that is away is asked again within a second, and not all the time", async () => {
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
