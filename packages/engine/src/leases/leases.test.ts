/** How long leases and jobs last: lost workers, adoption, deadlines, and the times at which jobs are due. */
import { expect, test } from "vitest";
import { running } from "../../test/running-job.ts";
import { LEASE_MS, lease, leaseOne, queue, setup, stateOf } from "../../test/setup.ts";

const failure = { reason: "PROVIDER_ERROR", message: "the provider answered 500", retryable: true };

test("a lease whose lock expired unnoticed is still held until it is reaped", async () => {
  const { engine, held, redis, base, time } = await running();
  time.nowMs += 10 * LEASE_MS;
  await redis.del(`${base}${held.jobId}:lock`);
  expect(await engine.append([{ ...held, chunks: [{ seq: 0, kind: "text", body: "x" }] }])).toEqual(
    [{ kind: "appended", nextSeq: 1, nextOffset: 1 }],
  );
  expect(await engine.renew([held], LEASE_MS)).toMatchObject([{ kind: "renewed" }]);
  expect((await engine.reap(queue, 10)).reaped).toEqual([]);
  await redis.del(`${base}${held.jobId}:lock`);
  expect(await engine.settle([{ ...held, kind: "complete", resultJson: "1" }])).toMatchObject([
    { kind: "settled", state: "SUCCEEDED" },
  ]);
});

test("adopting a lease returns everything that a worker needs to continue", async () => {
  const { engine, held, time } = await running({ payloadJson: '{"a":1}', labels: { team: "x" } });
  await engine.append([
    { ...held, chunks: [0, 1].map((seq) => ({ seq, kind: "text", body: "x" })) },
  ]);
  time.nowMs += 1_000;
  const [outcome] = await engine.adopt([held], LEASE_MS, "w2");
  expect(outcome).toMatchObject({
    kind: "adopted",
    lease: {
      ...held,
      expiresAtMs: time.nowMs + LEASE_MS,
      nextSeq: 2,
      job: { ...held.job, workerId: "w2", output: { nextOffset: 2 } },
    },
  });
});

test.each([
  ["is cancelled if that was requested", {}, "cancelled", "CANCELLED"],
  ["expires if its deadline has passed", { deadline: 0 }, "expired", "EXPIRED"],
  ["runs again while its deadline is ahead", { deadline: 1 }, "requeued", "QUEUED"],
  ["fails on its last attempt", { maxAttempts: 1 }, "failed", "FAILED"],
  ["runs again before its last attempt", { maxAttempts: 2 }, "requeued", "QUEUED"],
] as const)(
  "a job that loses its worker %s",
  async (_, change: { deadline?: number; maxAttempts?: number }, outcome, state) => {
    const { engine, job, time } = await setup();
    const { deadline, maxAttempts = 5 } = change;
    const spec = job("aaaa", {
      maxAttempts,
      ...(deadline === undefined ? {} : { deadlineMs: time.nowMs + LEASE_MS + deadline }),
    });
    await engine.submit([spec]);
    await leaseOne(engine);
    if (outcome === "cancelled") await engine.cancel(spec.id, "enough");
    time.nowMs += LEASE_MS;
    expect(await engine.reap(queue, 10)).toEqual({
      reaped: [
        {
          ...{ jobId: spec.id, type: "summarize", outcome, stalled: true },
          ...{ attempt: 1, workerId: "w1" },
        },
      ],
      more: false,
    });
    const [record] = await engine.getJobs([spec.id]);
    expect(record).toMatchObject({ state, stalls: 1, attempt: 1 });
  },
);

test.each([
  ["its backoff is over", { kind: "retry", delayMs: 500, failure }, 500],
  ["it is released", { kind: "release" }, 0],
  ["its retry is at once", { kind: "retry", delayMs: 0, failure }, 0],
] as const)("a job that runs again was due when %s", async (_, settlement, delayMs) => {
  const { engine, job, time } = await setup();
  await engine.submit([job("aaaa")]);
  const first = await leaseOne(engine);
  expect(first.dueAgainMs).toBeUndefined();
  await engine.settle([{ ...first, ...settlement }]);
  const dueMs = time.nowMs + delayMs;
  time.nowMs += 1_000;
  expect((await leaseOne(engine)).dueAgainMs).toBe(dueMs);
});

test("a job that lost its worker was due when its lease was taken back", async () => {
  const { engine, job, time } = await setup();
  await engine.submit([job("aaaa")]);
  await leaseOne(engine);
  time.nowMs += LEASE_MS;
  await engine.reap(queue, 10);
  const dueMs = time.nowMs;
  time.nowMs += 1_000;
  expect((await leaseOne(engine)).dueAgainMs).toBe(dueMs);
});

test("waiting jobs expire when their time is over, and not a millisecond earlier", async () => {
  const { engine, job, time } = await setup();
  const expires = job("aaaa", { expiresAtMs: time.nowMs + 100 });
  const deadline = job("aaaa", { deadlineMs: time.nowMs + 100 });
  const scheduled = job("aaaa", { runAtMs: time.nowMs + 500, expiresAtMs: time.nowMs + 100 });
  await engine.submit([expires, deadline, scheduled]);
  time.nowMs += 99;
  expect((await engine.reap(queue, 10)).reaped).toEqual([]);
  time.nowMs += 1;
  const { reaped } = await engine.reap(queue, 10);
  expect(reaped.map((r) => r.outcome)).toEqual(["expired", "expired", "expired"]);
  expect(reaped.map((r) => r.stalled)).toEqual([false, false, false]);
  const records = await engine.getJobs([expires.id, deadline.id, scheduled.id]);
  expect(records.map((r) => r?.failure?.reason)).toEqual([
    "NOT_STARTED_IN_TIME",
    "DEADLINE_EXCEEDED",
    "NOT_STARTED_IN_TIME",
  ]);
  expect(await engine.stats(queue)).toMatchObject({ queued: 0, scheduled: 0, failed: 3, lanes: 0 });
});

test("once the first attempt has started, the latest start no longer counts; the deadline still does", async () => {
  const { engine, time, held } = await running({
    expiresAtMs: 1_764_000_000_100,
    deadlineMs: 1_764_000_000_300,
  });
  await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure }]);
  time.nowMs += 299;
  await engine.reap(queue, 10);
  const second = await leaseOne(engine);
  await engine.settle([{ ...second, kind: "retry", delayMs: 0, failure }]);
  time.nowMs += 1;
  expect(await lease(engine, 1)).toEqual([]);
  expect(await stateOf(engine, held.jobId)).toBe("EXPIRED");
});

test("reaping takes up to its limit, and reports that there are more", async () => {
  const { engine, job, time } = await setup();
  await engine.submit(Array.from({ length: 5 }, () => job("aaaa")));
  await lease(engine, 5);
  time.nowMs += LEASE_MS;
  const first = await engine.reap(queue, 3);
  expect([first.reaped.length, first.more]).toEqual([3, true]);
  const second = await engine.reap(queue, 3);
  expect([second.reaped.length, second.more]).toEqual([2, false]);
});

test("promoting takes up to its limit, and returns when the next job is due", async () => {
  const { engine, job, time } = await setup();
  const at = time.nowMs + 1_000;
  await engine.submit([0, 0, 0, 7].map((later) => job("aaaa", { runAtMs: at + later })));
  expect(await engine.promote(queue, 10)).toEqual({ promoted: 0, nextDueMs: at });
  time.nowMs = at;
  expect(await engine.promote(queue, 2)).toEqual({ promoted: 2, nextDueMs: at });
  expect(await engine.promote(queue, 2)).toEqual({ promoted: 1, nextDueMs: at + 7 });
  time.nowMs = at + 7;
  expect(await engine.promote(queue, 2)).toEqual({ promoted: 1 });
});
