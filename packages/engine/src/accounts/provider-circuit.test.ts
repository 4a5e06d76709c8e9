import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine, Lease, ProviderReport } from "../index.ts";

const pool = "openai/gpt-5";
const failure = { reason: "PROVIDER_ERROR", message: "500", retryable: true };

async function parts(change = {}) {
  const made = await setup(change);
  await made.engine.providerAccounts.put({ name: pool });
  const redis = new Redis(made.url);
  onTestFinished(() => redis.disconnect());
  const { engine, time, job, rootPrefix } = made;
  return {
    ...made,
    submit: (count: number, key = "aaaa", spec = {}) =>
      engine.submit(
        Array.from({ length: count }, () => job(key, { pool, maxAttempts: 50, ...spec })),
      ),
    /** Reports and settles as a scheduler does. */
    async end(leased: Lease, kind: ProviderReport["kind"], askedMs = 0, on: Engine = engine) {
      const attempt = { jobId: leased.jobId, startedMs: leased.job.startedAtMs ?? 0 };
      const verdict = await on.providerAccounts.report(pool, { kind, askedMs, attempt });
      const { episode = "" } = verdict;
      await on.settle([
        verdict.kind === "COUNTED"
          ? { ...leased, kind: "retry", delayMs: 0, failure }
          : {
              ...leased,
              kind: "bounce",
              delayMs: verdict.kind === "PROBE" ? 90_000 : 0,
              failure,
              episode,
            },
      ]);
      return verdict.kind;
    },
    complete: (leased: Lease, on: Engine = engine) =>
      on.settle([{ ...leased, kind: "complete", resultJson: "1" }]),
    status: async () => await engine.providerAccounts.get(pool),
    check: () => audit(redis, rootPrefix),
    pass: (ms: number) => {
      time.nowMs += ms;
    },
  };
}

type Parts = Awaited<ReturnType<typeof parts>>;

/** An account after five jobs have failed in a row. */
async function opened(change = {}): Promise<Parts & { readonly left: readonly Lease[] }> {
  const made = await parts(change);
  await made.submit(10);
  const leases = await lease(made.engine, 8);
  const verdicts: string[] = [];
  for (const leased of leases.slice(0, 5)) verdicts.push(await made.end(leased, "failed"));
  expect(verdicts).toEqual(["COUNTED", "COUNTED", "COUNTED", "COUNTED", "COOLING"]);
  return { ...made, left: leases.slice(5) };
}

test("failures in a row of several jobs open the circuit: no job starts, and later failures spend no attempt", async () => {
  const { engine, left, end, status, check, pass } = await opened();
  expect(await status()).toMatchObject({ state: "COOLING_DOWN", coolDownReason: "failed" });
  expect(await lease(engine, 10)).toEqual([]);
  for (const leased of left) expect(await end(leased, "failed")).toBe("COOLING");
  const records = await engine.getJobs(left.map(({ jobId }) => jobId));
  expect(records.map((record) => [record?.attempt, record?.bounces])).toEqual([
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
  pass(999);
  expect(await lease(engine, 10)).toEqual([]);
  await check();
});

test("one probe at a time: its success closes the circuit", async () => {
  const { engine, another, left, complete, status, pass, check } = await opened({ shards: 2 });
  const second = await another();
  pass(1_000);
  const probes = [...(await lease(engine, 10)), ...(await lease(second, 10))];
  expect(probes).toHaveLength(1);
  pass(30_000);
  expect(await lease(second, 10)).toEqual([]);
  expect((await status())?.state).toBe("HALF_OPEN");
  // A call that began before the outage does not prove that the outage is over.
  for (const leased of left) await complete(leased);
  await engine.syncPolicy();
  expect((await status())?.state).toBe("HALF_OPEN");
  expect(await lease(engine, 10)).toEqual([]);
  await complete(probes[0] as Lease);
  await engine.syncPolicy();
  expect(await status()).toMatchObject({ state: "CLOSED", failures: 0 });
  pass(60);
  // Half of the eight jobs that ran when the circuit opened.
  expect((await lease(engine, 10)).length).toBeGreaterThanOrEqual(3);
  await check();
});

test("each failed probe doubles the cool-down, up to a minute", async () => {
  const { engine, end, pass } = await opened();
  const jobs = new Set<string>();
  for (const coolDownMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    pass(coolDownMs - 1);
    expect(await lease(engine, 10)).toEqual([]);
    pass(51);
    const probe = await leaseOne(engine);
    jobs.add(probe.jobId);
    expect(await end(probe, "failed")).toBe("PROBE");
  }
  expect(jobs.size).toBeGreaterThan(1);
});

test("a probe that ends without a report makes room for another probe at once", async () => {
  const { engine, pass, check } = await opened();
  pass(1_000);
  const probe = await leaseOne(engine);
  expect(await lease(engine, 10)).toEqual([]);
  await engine.settle([{ ...probe, kind: "release" }]);
  pass(60);
  expect(await lease(engine, 10)).toHaveLength(1);
  await check();
});

test("a probe that lost its worker makes room for another probe once its lease is reaped", async () => {
  const { engine, pass } = await opened();
  pass(1_000);
  await leaseOne(engine);
  pass(30_001);
  await engine.reap(queue, 100);
  pass(60);
  expect(await lease(engine, 10)).toHaveLength(1);
});

test("any answer closes the circuit, as a success does", async () => {
  const { engine, end, status, left, pass } = await opened();
  pass(1_000);
  const probe = await leaseOne(engine);
  await engine.providerAccounts.report(pool, {
    ...{ kind: "answered" },
    attempt: { jobId: left[0]?.jobId as never, startedMs: left[0]?.job.startedAtMs ?? 0 },
  });
  expect((await status())?.state).toBe("HALF_OPEN");
  expect(await end(probe, "answered")).toBe("COUNTED");
  expect((await status())?.state).toBe("CLOSED");
});

test("a single job that fails repeatedly never opens the circuit, and ends", async () => {
  const { engine, submit, end, status, pass } = await parts();
  await submit(1, "aaaa", { maxAttempts: 12 });
  for (let attempt = 1; attempt <= 11; attempt += 1) {
    const leased = await leaseOne(engine);
    expect(leased.attempt).toBe(attempt);
    pass(1);
    expect(await end(leased, "failed")).toBe("COUNTED");
  }
  expect(await status()).toMatchObject({ state: "CLOSED", failures: 5 });
});

test("a success in any shard restarts the count of failures in a row", async () => {
  const { engine, another, submit, end, complete, status, pass } = await parts({ shards: 2 });
  const second = await another();
  await submit(10, "key1");
  await submit(10, "key2");
  const leases = [...(await lease(engine, 20))];
  for (const leased of leases.splice(0, 4)) await end(leased, "failed");
  pass(5);
  // No shard has reported the success to the account when the next jobs fail.
  await complete(leases.pop() as Lease, second);
  pass(5);
  for (const leased of leases.splice(0, 4)) expect(await end(leased, "failed")).toBe("COUNTED");
  expect((await status())?.state).toBe("CLOSED");
  expect(await end(leases.pop() as Lease, "failed")).toBe("COOLING");
});

test("a failure that is reported twice counts once", async () => {
  const { engine, submit, status } = await parts();
  await submit(2);
  for (const leased of await lease(engine, 2)) {
    const attempt = { jobId: leased.jobId, startedMs: leased.job.startedAtMs ?? 0 };
    for (let times = 0; times < 5; times += 1) {
      await engine.providerAccounts.report(pool, { kind: "failed", attempt });
    }
  }
  expect(await status()).toMatchObject({ state: "CLOSED", failures: 2 });
});

test("a call that hangs from before the outage until after it opens no circuit, and its attempt is not spent", async () => {
  const { engine, left, end, complete, status, pass } = await opened();
  pass(1_000);
  await complete(await leaseOne(engine));
  await engine.syncPolicy();
  for (const leased of left) expect(await end(leased, "failed")).toBe("COOLING");
  expect(await status()).toMatchObject({ state: "CLOSED", failures: 0 });
});

test("a wait that a failing provider asks for can lengthen the cool-down, and never shortens it", async () => {
  const { engine, left, end, status, time, pass } = await opened();
  const openedMs = time.nowMs;
  await end(left[0] as Lease, "failed", 400);
  expect((await status())?.coolUntilMs).toBe(openedMs + 1_000);
  await end(left[1] as Lease, "refused", 9_000);
  expect((await status())?.coolUntilMs).toBe(openedMs + 9_000);
  pass(9_000);
  expect(await end(await leaseOne(engine), "failed", 500)).toBe("PROBE");
  expect((await status())?.coolUntilMs).toBe(openedMs + 9_000 + 2_000);
});

test("a pool without an account has a circuit too", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 8 }, () => job("aaaa", { pool: "other" })));
  const kinds: string[] = [];
  for (const leased of await lease(engine, 5)) {
    const attempt = { jobId: leased.jobId, startedMs: leased.job.startedAtMs ?? 0 };
    kinds.push((await engine.providerAccounts.report("other", { kind: "failed", attempt })).kind);
  }
  expect(kinds).toEqual(["COUNTED", "COUNTED", "COUNTED", "COUNTED", "COOLING"]);
  expect(await lease(engine, 5)).toEqual([]);
});

test("explain reports that the provider is down, since when, and the time of the next probe", async () => {
  const { engine, time } = await opened();
  const { jobs } = await engine.listJobs({ queue, keyId: "aaaa" as never, pageSize: 10 });
  const waiting = jobs.find(({ state }) => state === "QUEUED");
  const explanation = await engine.explain(waiting?.id as never);
  expect(explanation?.constraints).toContainEqual({
    ...{ kind: "PROVIDER_DOWN", subject: pool },
    ...{ sinceMs: time.nowMs, clearMs: time.nowMs + 1_000 },
  });
});
