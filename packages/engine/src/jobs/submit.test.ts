import type { QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, leaseOne, queue, setup, stateOf } from "../../test/setup.ts";
import type { Signal } from "../signals/contract.ts";

test("submitting an id again stores nothing new", async () => {
  const { engine, job } = await setup();
  const spec = job("aaaa");
  expect(await engine.submit([spec])).toEqual([{ kind: "accepted" }]);
  expect(await engine.submit([spec])).toEqual([
    { kind: "existing", jobId: spec.id, state: "QUEUED" },
  ]);
  expect(await lease(engine, 10)).toHaveLength(1);
});

test("an idempotency key returns its job for the same content, and refuses other content", async () => {
  const { engine, job } = await setup();
  const first = job("aaaa", { idempotencyKey: "order 7", contentHash: "h1" });
  const same = job("aaaa", { idempotencyKey: "order 7", contentHash: "h1" });
  const other = job("aaaa", { idempotencyKey: "order 7", contentHash: "h2" });
  const elsewhere = job("bbbb", { idempotencyKey: "order 7", contentHash: "h2" });
  expect(await engine.submit([first, same, other, elsewhere])).toEqual([
    { kind: "accepted" },
    { kind: "existing", jobId: first.id, state: "QUEUED" },
    { kind: "conflict", jobId: first.id },
    { kind: "accepted" },
  ]);
});

test("a job that an earlier version stored is recognised by its content", async () => {
  const { engine, job } = await setup();
  const first = job("aaaa", { idempotencyKey: "order 7", contentHash: "old" });
  const again = (hashes: { contentHash: string; formerContentHash: string }) =>
    job("aaaa", { idempotencyKey: "order 7", ...hashes });
  const same = again({ contentHash: "2:new", formerContentHash: "old" });
  const other = again({ contentHash: "2:other", formerContentHash: "other" });
  expect(await engine.submit([first, same, other])).toEqual([
    { kind: "accepted" },
    { kind: "existing", jobId: first.id, state: "QUEUED" },
    { kind: "conflict", jobId: first.id },
  ]);
});

test("a key's depth is limited, and other keys' jobs do not count", async () => {
  const { engine, job } = await setup({ maxDepthPerKey: 2 });
  const outcomes = await engine.submit([job("aaaa"), job("aaaa"), job("aaaa"), job("bbbb")]);
  expect(outcomes).toEqual([
    { kind: "accepted" },
    { kind: "accepted" },
    { kind: "depthFull", depth: 2, limit: 2 },
    { kind: "accepted" },
  ]);
  await leaseOne(engine);
  await leaseOne(engine);
  expect(await engine.submit([job("aaaa")])).toEqual([{ kind: "accepted" }]);
});

test("a job for an unknown queue is refused, and the other jobs of the call are accepted", async () => {
  const { engine, job } = await setup();
  const good = job("aaaa");
  const bad = { ...job("aaaa"), id: good.id.replace(queue, "nowhere") as typeof good.id };
  expect(await engine.submit([bad, good])).toEqual([
    { kind: "unknownQueue" },
    { kind: "accepted" },
  ]);
  expect(await engine.getQueue("nowhere" as QueueName)).toBeUndefined();
});

test("a scheduled job is leased when it is due, and not a millisecond earlier", async () => {
  const { engine, time, job } = await setup();
  const later = job("aaaa", { runAtMs: time.nowMs + 5_000 });
  await engine.submit([later]);
  expect(await stateOf(engine, later.id)).toBe("SCHEDULED");
  time.nowMs += 4_999;
  expect(await engine.lease({ queue, count: 1, leaseMs: 1_000, workerId: "w1" })).toEqual({
    leases: [],
    held: new Map(),
    suspectsWait: false,
    expired: [],
    nextDueMs: time.nowMs + 1,
  });
  time.nowMs += 1;
  expect((await leaseOne(engine)).jobId).toBe(later.id);
});

test("jobs spread over shards are all found, leased and counted", async () => {
  const { engine, job } = await setup({ shards: 4 });
  const jobs = Array.from({ length: 40 }, (_, i) => job(`key${i}`));
  await engine.submit(jobs);
  expect((await engine.stats(queue)).queued).toBe(40);
  const leases = await lease(engine, 100);
  expect(leases.map((l) => l.jobId).sort()).toEqual(jobs.map((j) => j.id).sort());
  await engine.settle(leases.map((l) => ({ ...l, kind: "complete", resultJson: "1" })));
  expect(await engine.stats(queue)).toMatchObject({ queued: 0, running: 0, succeeded: 40 });
});

test("a list has only the key's own jobs, newest first, page by page", async () => {
  const { engine, job } = await setup();
  const jobs = Array.from({ length: 5 }, () => job("aaaa"));
  await engine.submit([...jobs, job("bbbb")]);
  const filter = { keyId: "aaaa" as never, queue, pageSize: 2 };
  const seen: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await engine.listJobs({ ...filter, ...(pageToken ? { pageToken } : {}) });
    seen.push(...page.jobs.map((j) => j.id));
    pageToken = page.nextPageToken;
  } while (pageToken);
  expect(seen).toEqual(jobs.map((j) => j.id).reverse());
});

test("a list of one type finds few among many, and misses none at the edges of pages", async () => {
  const { engine, job } = await setup();
  const jobs = Array.from({ length: 2_100 }, (_, at) => ({
    ...job("aaaa"),
    type: at % 700 === 0 ? "rare" : "usual",
  }));
  for (let at = 0; at < jobs.length; at += 500) await engine.submit(jobs.slice(at, at + 500));
  const rare = jobs.filter(({ type }) => type === "rare").map(({ id }) => id);
  const filter = { keyId: "aaaa" as never, queue, type: "rare" };
  const whole = await engine.listJobs({ ...filter, pageSize: 10 });
  expect(whole.jobs.map(({ id }) => id)).toEqual(rare.toReversed());
  expect(whole.nextPageToken).toBeUndefined();
  const first = await engine.listJobs({ ...filter, pageSize: 2 });
  expect(first.jobs).toHaveLength(2);
  const pageToken = String(first.nextPageToken);
  const rest = await engine.listJobs({ ...filter, pageSize: 2, pageToken });
  expect(rest.jobs.map(({ id }) => id)).toEqual([rare[0]]);
});

test("listeners receive signals about work and about a job's end", async () => {
  const { engine, job } = await setup();
  const heard = Promise.withResolvers<string>();
  const kinds: string[] = [];
  await using _ = await engine.subscribe(queue, (signal) => {
    kinds.push(signal.kind);
    if (signal.kind === "finished") heard.resolve(`${signal.jobId} ${signal.state}`);
  });
  const spec = job("aaaa");
  await engine.submit([spec]);
  const held = await leaseOne(engine);
  await engine.settle([{ ...held, kind: "complete", resultJson: "1" }]);
  expect(await heard.promise).toBe(`${spec.id} SUCCEEDED`);
  expect(kinds).toContain("work");
});

test("a listener to one job receives signals about that job only", async () => {
  const { engine, job } = await setup();
  const [mine, other] = [job("aaaa"), job("aaaa")];
  const heard: Signal[] = [];
  const finished = Promise.withResolvers<void>();
  const listen = (signal: Signal) => {
    heard.push(signal);
    if (signal.kind === "finished") finished.resolve();
  };
  await using _ = await engine.subscribe(queue, listen, mine.id);
  const gone = await engine.subscribe(queue, listen, other.id);
  await gone[Symbol.asyncDispose]();
  await engine.submit([other, mine]);
  for (const held of await lease(engine, 2)) {
    await engine.settle([{ ...held, kind: "complete", resultJson: "1" }]);
  }
  await finished.promise;
  expect(heard).toEqual([
    { kind: "state", jobId: mine.id, state: "RUNNING" },
    { kind: "finished", jobId: mine.id, state: "SUCCEEDED" },
  ]);
});

test("finished jobs are pruned when their retention is over, with their output", async () => {
  const { engine, time, job } = await setup({ retainSucceededMs: 60_000 });
  const spec = job("aaaa");
  await engine.submit([spec]);
  const held = await leaseOne(engine);
  await engine.append([{ ...held, chunks: [{ seq: 0, kind: "text", body: "a" }] }]);
  await engine.settle([{ ...held, kind: "complete", resultJson: "1" }]);
  time.nowMs += 59_999;
  expect((await engine.prune(queue, 10)).pruned).toBe(0);
  time.nowMs += 2;
  expect((await engine.prune(queue, 10)).pruned).toBe(1);
  expect(await engine.getJobs([spec.id])).toEqual([undefined]);
  expect(await engine.readOutput(spec.id, 0, 1, 1)).toEqual({ kind: "notFound" });
});

test("a queue that names job types accepts only those", async () => {
  const { engine, job } = await setup({ types: ["chat", "summarize"] });
  const jobs = [job("aaaa"), job("aaaa", { type: "chat" }), job("aaaa", { type: "translate" })];
  const kinds = (await engine.submit(jobs)).map(({ kind }) => kind);
  expect(kinds).toEqual(["accepted", "accepted", "unknownType"]);
  expect((await engine.stats(queue)).queued).toBe(2);
});
