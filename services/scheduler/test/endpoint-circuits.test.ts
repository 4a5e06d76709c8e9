import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Lease, openEngine } from "@millrace/engine";
import { AttemptOutcomeSchema } from "@millrace/proto/worker-service";
import {
  type JobId,
  type KeyId,
  newWebhookEndpointId,
  newWebhookSecret,
  type QueueName,
  systemRandom as random,
  systemClock,
  WEBHOOK_BACKOFFS_MS,
  WEBHOOK_QUEUE,
} from "@millrace/shared";
import { redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { reportOf, settlementOf } from "../src/session/settlement.ts";
import { defineWebhookQueue } from "../src/webhooks/define-queue.ts";
import { deliveryJob } from "../src/webhooks/delivery-job.ts";
import {
  closeCircuit,
  forgetIdleCircuits,
  pauseOf,
  poolOf,
} from "../src/webhooks/endpoint-circuits.ts";
import { noteEnds } from "../src/webhooks/note-ends.ts";
import { sealingKeys, secretSealer } from "../src/webhooks/sealing.ts";
import { updateEndpoint } from "../src/webhooks/update-endpoint.ts";
import { webhookEngine } from "../src/webhooks/webhook-engine.ts";

const queue = WEBHOOK_QUEUE as QueueName;
const keyId = "aaaa" as KeyId;
const HOUR_MS = 3_600_000;
const keys = sealingKeys(Buffer.alloc(32, 1).toString("base64"));
const sealer = secretSealer({ current: keys }, random);

/** A courier and its scheduler, on a clock that tests move. */
async function setup() {
  const { url, rootPrefix } = await redisForTests();
  const time = { nowMs: 1_764_000_000_000 };
  const clock = { nowMs: () => time.nowMs, after: systemClock.after };
  const plain = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => plain.close());
  // Ends are noted at endpoints later: some when a test has closed its engine.
  const onError = () => undefined;
  const failingMs = 120 * HOUR_MS;
  const engine = webhookEngine(plain, { clock, random, sealer, failingMs, onError });
  await defineWebhookQueue(engine);
  const endpoint = async () => {
    const id = newWebhookEndpointId(time.nowMs, random);
    await engine.webhookEndpoints.create(
      {
        ...{ id, keyId, name: "", url: "https://r.example/", eventTypes: [], enabled: true },
        ...{ includeResult: false, createdMs: 1, updatedMs: 1 },
        secrets: [sealer.seal(newWebhookSecret(random), time.nowMs)],
      },
      50,
    );
    return id;
  };
  const record = async (endpoint_id: string, count: number) => {
    const event = { event_id: "evt_1", event_type: "job.failed", subject_id: "s", body: "{}" };
    const options = { keyId, nowMs: time.nowMs, random };
    const jobs = Array.from({ length: count }, () =>
      deliveryJob({ ...event, endpoint_id }, options),
    );
    await engine.submit(jobs);
    return jobs.map(({ id }) => id);
  };
  /** Settles a delivery as the session of a courier does that got this status; 0: no answer. */
  const answer = async (lease: Lease, httpStatus: number) => {
    const { jobId, token, job, attempt } = lease;
    const ref = { jobId, token };
    if (httpStatus === 204) {
      await engine.settle([{ ...ref, kind: "complete", resultJson: "{}" }]);
      return;
    }
    const outcome = create(AttemptOutcomeSchema, {
      outcome: {
        case: "failed",
        value: {
          failure: { reason: "WEBHOOK_STATUS", message: "no", retryable: true },
          retryAfter: durationFromMs(WEBHOOK_BACKOFFS_MS[attempt - 1] ?? 0),
          provider: { account: String(job.pool), httpStatus, quotaExhausted: false },
        },
      },
    });
    const held = { job: { ...job, attempt }, stopping: undefined } as never;
    const report = reportOf(ref, outcome, held);
    const verdict = report && (await engine.providerAccounts.report(report.account, report));
    const heard = verdict && { verdict, hasOthers: false };
    await engine.settle([settlementOf(ref, outcome, held, heard, time.nowMs, random)]);
  };
  /** What couriers with free slots do at a moment. Returns how many requests they make. */
  const work = async (status: (lease: Lease) => number) => {
    await engine.promote(queue, 1_000);
    let requests = 0;
    for (;;) {
      const request = { queue, count: 4, leaseMs: 30_000, workerId: "w" };
      const { leases } = await engine.lease(request);
      if (leases.length === 0) return requests;
      requests += leases.length;
      for (const lease of leases) await answer(lease, status(lease));
    }
  };
  const pass = (ms: number) => {
    time.nowMs += ms;
  };
  return { engine, plain, time, clock, endpoint, record, work, pass };
}

test("a dead endpoint costs few requests, spends attempts of few deliveries, and holds up no other endpoint", async () => {
  const { engine, endpoint, record, work, pass } = await setup();
  const [dead, alive] = [await endpoint(), await endpoint()];
  const ids = await record(dead, 100);
  const others = await record(alive, 20);
  let requests = 0;
  for (let second = 0; second < 900; second += 1) {
    await work(({ job }) => {
      if (job.pool === poolOf(alive)) return 204;
      requests += 1;
      return 500;
    });
    pass(1_000);
  }
  // By the schedule alone there were three requests of each delivery in this time.
  expect(requests).toBeLessThan(40);
  const jobs = await engine.getJobs([...ids, ...others], "summary");
  expect(jobs.slice(100).every((job) => job?.state === "SUCCEEDED")).toBe(true);
  const attempts = jobs.slice(0, 100).map((job) => job?.attempt ?? 0);
  expect(Math.max(...attempts)).toBeLessThanOrEqual(3);
  expect(attempts.filter((count) => count === 0).length).toBeGreaterThan(60);
  expect(await pauseOf(engine, dead)).toMatchObject({ coolDownReason: "failed" });
  expect(await pauseOf(engine, alive)).toBeUndefined();
  // It comes back: what waits for no schedule is delivered within two minutes.
  for (let second = 0; second < 120; second += 1) {
    await work(() => 204);
    pass(1_000);
  }
  const after = await engine.getJobs(ids, "summary");
  expect(after.filter((job) => job?.state === "QUEUED")).toEqual([]);
  expect(await pauseOf(engine, dead)).toBeUndefined();
});

test("deliveries end by their schedule, though the circuit is open", async () => {
  const { engine, time, endpoint, record, work } = await setup();
  const ids = await record(await endpoint(), 3);
  const startMs = time.nowMs;
  for (let requests = 1; requests > 0 || (await engine.stats(queue)).scheduled > 0; ) {
    requests = await work(() => 500);
    // To the next delivery or probe.
    const { scheduled, queued } = await engine.stats(queue);
    time.nowMs += queued > 0 ? 60_000 : scheduled > 0 ? 300_000 : 0;
    if (time.nowMs - startMs > 120 * HOUR_MS) break;
  }
  const jobs = await engine.getJobs(ids, "summary");
  expect(jobs.map((job) => [job?.state, job?.attempt])).toEqual(ids.map(() => ["FAILED", 10]));
  const hours = (time.nowMs - startMs) / HOUR_MS;
  expect(hours).toBeGreaterThan(75);
  expect(hours).toBeLessThan(90);
}, 60_000);

test("a change of an endpoint's URL, and enabling or disabling it, closes its circuit", async () => {
  const { engine, clock, endpoint, record, work } = await setup();
  const id = await endpoint();
  const parts = { engine, clock, urlProblem: () => undefined };
  const one = { id, keyId };
  const changes = [{ url: "https://other.example/" }, { enabled: true }, { enabled: false }];
  for (const change of changes) {
    await record(id, 6);
    await work(() => 500);
    expect(await pauseOf(engine, id)).toBeDefined();
    await updateEndpoint(parts, one, { name: "n" });
    expect(await pauseOf(engine, id)).toBeDefined();
    await updateEndpoint(parts, one, change);
    expect(await pauseOf(engine, id)).toBeUndefined();
    await updateEndpoint(parts, one, { enabled: true });
  }
  await closeCircuit(engine, id);
});

test("an endpoint that Millrace disables refuses what waits at once", async () => {
  const { engine, endpoint, record, work } = await setup();
  const id = await endpoint();
  const ids = await record(id, 10);
  await work(() => 500);
  const gone = { reason: "WEBHOOK_GONE", message: "410", retryable: false };
  const [more] = await record(id, 1);
  const waiting = [...ids, String(more)].length;
  await engine.providerAccounts.reset(poolOf(id));
  const request = { queue, count: 1, leaseMs: 30_000, workerId: "w" };
  const [lease] = (await engine.lease(request)).leases;
  await engine.settle([{ ...(lease as Lease), kind: "fail", state: "FAILED", failure: gone }]);
  await vi.waitFor(
    async () =>
      expect(await engine.webhookEndpoints.get(id)).toMatchObject({ disabledReason: "GONE" }),
    { timeout: 20_000 },
  );
  await vi.waitFor(async () => expect(await pauseOf(engine, id)).toBeUndefined(), {
    timeout: 20_000,
  });
  let refused = 0;
  for (;;) {
    const { leases } = await engine.lease({ ...request, count: 4 });
    if (leases.length === 0) break;
    for (const { jobId, token, job } of leases) {
      expect(job.payloadJson).toContain("ENDPOINT_DISABLED");
      refused += 1;
      await engine.settle([{ jobId, token, kind: "fail", state: "FAILED", failure: gone }]);
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(waiting);
});

test("a circuit that says nothing any more is forgotten, and those of providers never are", async () => {
  const { engine, time, endpoint, record, work, pass } = await setup();
  const [recovered, dead, failing] = [await endpoint(), await endpoint(), await endpoint()];
  await engine.providerAccounts.put({ name: "openai/gpt-5" });
  for (const id of [recovered, dead]) await record(id, 6);
  await record(failing, 1);
  await work(({ job }) => (job.pool === poolOf(failing) ? 0 : 503));
  const names = async () =>
    [
      ...(await engine.providerAccounts.list()),
      ...(await engine.providerAccounts.circuits("0")).circuits,
    ]
      .map(({ account }) => account.name)
      .sort();
  const pools = [poolOf(recovered), poolOf(dead), poolOf(failing)].sort();
  expect(await names()).toEqual(["openai/gpt-5", ...pools]);
  await forgetIdleCircuits(engine.providerAccounts, time.nowMs);
  expect(await names()).toEqual(["openai/gpt-5", ...pools]);
  await engine.providerAccounts.reset(poolOf(recovered));
  pass(HOUR_MS + 1);
  await forgetIdleCircuits(engine.providerAccounts, time.nowMs);
  expect(await names()).toEqual(["openai/gpt-5", poolOf(dead)]);
  pass(25 * HOUR_MS);
  await forgetIdleCircuits(engine.providerAccounts, time.nowMs);
  expect(await names()).toEqual(["openai/gpt-5"]);
});

test("a circuit that still fails after a day is kept, and one that has closed lately too", async () => {
  const { engine, time, endpoint, record, work, pass } = await setup();
  const id = await endpoint();
  const kept = async () => {
    await forgetIdleCircuits(engine.providerAccounts, time.nowMs);
    return (await engine.providerAccounts.get(poolOf(id))) !== undefined;
  };
  await record(id, 6);
  await work(() => 500);
  pass(23 * HOUR_MS);
  // The probe fails.
  expect(await work(() => 500)).toBe(1);
  pass(2 * HOUR_MS);
  const pause = await pauseOf(engine, id);
  expect(pause).toMatchObject({ state: "HALF_OPEN" });
  // No request is under way.
  expect(pause?.coolUntilMs).toBeUndefined();
  expect(await kept()).toBe(true);
  await engine.providerAccounts.reset(poolOf(id));
  await record(id, 1);
  await work(() => 429);
  await engine.providerAccounts.reset(poolOf(id));
  pass(HOUR_MS);
  expect(await kept()).toBe(true);
  pass(1);
  expect(await kept()).toBe(false);
});

test("a pause ends with the request that succeeds, though no other follows and no sync is made", async () => {
  const { engine, endpoint, record, work, pass } = await setup();
  const id = await endpoint();
  await record(id, 1);
  await work(() => 503);
  expect(await pauseOf(engine, id)).toMatchObject({ state: "COOLING_DOWN" });
  // The receiver has asked for this.
  pass(WEBHOOK_BACKOFFS_MS[0]);
  expect(await work(() => 204)).toBe(1);
  expect(await pauseOf(engine, id)).toBeUndefined();
});

test("a circuit that cannot be forgotten keeps no other from being forgotten", async () => {
  const { engine, time, endpoint, record, work, pass } = await setup();
  for (const id of [await endpoint(), await endpoint()]) await record(id, 1);
  await engine.providerAccounts.put({ name: "openai/gpt-5" });
  await work(() => 0);
  pass(HOUR_MS + 1);
  const down = () => Promise.reject(new Error("down"));
  const remove = vi.fn(engine.providerAccounts.delete).mockImplementationOnce(down);
  const accounts = { ...engine.providerAccounts, delete: remove };
  await expect(forgetIdleCircuits(accounts, time.nowMs)).rejects.toThrow("down");
  expect(remove).toHaveBeenCalledTimes(2);
  expect((await engine.providerAccounts.circuits("0")).circuits).toHaveLength(1);
});

test("an endpoint that is disabled is in the change log, though its circuit cannot be closed", async () => {
  const { engine, clock, endpoint, record } = await setup();
  const id = await endpoint();
  const [jobId] = await record(id, 1);
  const down = () => Promise.reject(new Error("down"));
  const providerAccounts = { ...engine.providerAccounts, get: down };
  const parts = { engine: { ...engine, providerAccounts }, clock, failingMs: 120 * HOUR_MS };
  const gone = { reason: "WEBHOOK_GONE", message: "410", retryable: false };
  const end = { jobId: jobId as JobId, token: 1, kind: "fail", state: "FAILED" } as const;
  await expect(noteEnds(parts, [{ ...end, failure: gone }])).rejects.toThrow("down");
  expect(await engine.webhookEndpoints.get(id)).toMatchObject({ enabled: false });
  expect(await engine.changeLog.list(10)).toMatchObject({
    changes: [{ actor: "millrace", action: "DisableWebhookEndpoint", subject: id }],
  });
});
