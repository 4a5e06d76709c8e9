import { create } from "@bufbuild/protobuf";
import { openEngine } from "@millrace/engine";
import { AdminService, RedriveDeadLettersRequestSchema } from "@millrace/proto/admin-service";
import { type CallContext, grpcClient, serve } from "@millrace/runtime";
import {
  type Clock,
  defaultBackoff,
  type KeyId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { ManualClock, redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { adminService } from "../src/admin-service.ts";
import { redriveDeadLetters } from "../src/handlers/admin/redrive-dead-letters.ts";
import { changeRecorder } from "../src/operators/record-change.ts";
import { type Operator, requireOperator } from "../src/tokens/operator-tokens.ts";
import { noWorkers } from "./no-workers.ts";
import { noWebhooks } from "./webhook-setup.ts";

const queue = "documents" as QueueName;

/** An AdminService, and a queue with a given number of dead letters. */
async function setup(count: number) {
  const { url, rootPrefix } = await redisForTests();
  const clock = new ManualClock();
  const engine = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => engine.close());
  await engine.defineQueue({ name: queue });
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [
      adminService(
        ...([engine, clock, random, noWorkers, { ended: () => undefined }] as const),
        noWebhooks(engine, clock),
      ),
    ],
    authenticate: requireOperator(undefined),
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const client = grpcClient(AdminService, server.address);
  onTestFinished(() => client.close());
  const ids = Array.from({ length: count }, () =>
    newJobId(queue, "aaaa" as KeyId, clock.nowMs(), random),
  );
  await engine.submit(
    ids.map((id) => ({
      ...{ id, type: "summarize", payloadJson: '{"a":1}', priority: 50, maxAttempts: 1 },
      ...{ backoff: defaultBackoff, labels: {}, submittedAtMs: clock.nowMs() },
    })),
  );
  const { leases } = await engine.lease({ queue, count, leaseMs: 30_000, workerId: "w1" });
  const failure = { reason: "NO", message: "no", retryable: false };
  await engine.settle(leases.map((of) => ({ ...of, kind: "fail", state: "FAILED", failure })));
  const stats = async () => (await rpc.listQueues({})).queues[0]?.stats;
  const { rpc } = client;
  return { rpc, engine, clock, ids, stats };
}

test("lists dead letters by pages, and reads a whole one", async () => {
  const { rpc, ids } = await setup(7);
  const seen: string[] = [];
  let pageToken = "";
  do {
    const page = await rpc.listDeadLetters({ filter: { queue }, pageSize: 3, pageToken });
    seen.push(...page.deadLetters.map(({ job }) => job?.id ?? ""));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(seen.sort()).toEqual([...ids].sort());
  const { deadLetter } = await rpc.getDeadLetter({ jobId: ids[0] ?? "" });
  expect(deadLetter).toMatchObject({
    job: { id: ids[0], payloadJson: '{"a":1}', failure: { reason: "NO" } },
    attempts: [{ attempt: 1, workerId: "w1", failure: { reason: "NO" } }],
  });
});

test.each(["garbage", "1", "1:2", ":documents~aaaa~01JDXW5T5Q6M3C9N2V8K4H7R1B", "-1:a b"])(
  "refuses the page token %j, which no list returned",
  async (pageToken) => {
    const { rpc } = await setup(1);
    await expect(rpc.listDeadLetters({ filter: { queue }, pageToken })).rejects.toMatchObject({
      reason: "MALFORMED",
      violations: [{ field: "page_token" }],
    });
  },
);

test("reports what does not exist", async () => {
  const { rpc, ids } = await setup(1);
  const other = ids[0]?.replace("documents~aaaa", "documents~bbbb") ?? "";
  await expect(rpc.getDeadLetter({ jobId: other })).rejects.toMatchObject({
    reason: "JOB_NOT_FOUND",
  });
  await expect(rpc.listDeadLetters({ filter: { queue: "nowhere" } })).rejects.toMatchObject({
    reason: "QUEUE_NOT_FOUND",
  });
  await expect(rpc.listDeadLetters({})).rejects.toMatchObject({ reason: "MALFORMED" });
});

async function redriveAll(
  responses: AsyncIterable<{ matched: bigint; redriven: bigint; done: boolean }>,
) {
  const seen = [];
  for await (const response of responses) seen.push(response);
  return seen;
}

test("counts and changes nothing in a dry run, and reports the progress of a redrive", async () => {
  const { rpc, stats } = await setup(250);
  const dry = await redriveAll(rpc.redriveDeadLetters({ filter: { queue }, dryRun: true }));
  expect(dry.at(-1)).toMatchObject({ matched: 250n, redriven: 0n, done: true });
  expect(await stats()).toMatchObject({ dead: 250n, queued: 0n });
  const run = await redriveAll(rpc.redriveDeadLetters({ filter: { queue } }));
  expect(run.length).toBeGreaterThan(3);
  expect(run.slice(0, -1).every(({ done }) => !done)).toBe(true);
  expect(run.at(-1)).toMatchObject({ matched: 250n, redriven: 250n, refused: 0n, done: true });
  expect(await stats()).toMatchObject({ dead: 0n, queued: 250n });
});

test("redrives no more than asked for", async () => {
  const { rpc, stats } = await setup(20);
  const run = await redriveAll(rpc.redriveDeadLetters({ filter: { queue }, max: 7 }));
  expect(run.at(-1)).toMatchObject({ matched: 7n, redriven: 7n, done: true });
  expect(await stats()).toMatchObject({ dead: 13n, queued: 7n });
});

test("redrives no more per second than the rate allows", async () => {
  const { engine, clock, stats } = await setup(45);
  const startedMs = clock.nowMs();
  let nowMs = startedMs;
  // Time advances as soon as something waits for it.
  const passing: Clock = {
    nowMs: () => nowMs,
    after: (delayMs, run) => {
      nowMs += delayMs;
      setImmediate(run);
      return { cancel: () => undefined };
    },
  };
  const request = create(RedriveDeadLettersRequestSchema, { filter: { queue }, perSecond: 20 });
  const context = {
    signal: new AbortController().signal,
    identity: { name: "anna" },
  } as CallContext<Operator>;
  const record = changeRecorder(engine.changeLog);
  const redrivenAt: [ms: number, count: number][] = [];
  let last = 0n;
  for await (const { redriven } of redriveDeadLetters(engine, record, passing)(request, context)) {
    const all = BigInt(redriven ?? 0n);
    redrivenAt.push([nowMs, Number(all - last)]);
    last = all;
  }
  for (const [fromMs] of redrivenAt) {
    const within = redrivenAt.filter(([ms]) => ms >= fromMs && ms < fromMs + 1_000);
    expect(within.reduce((sum, [, count]) => sum + count, 0)).toBeLessThanOrEqual(20);
  }
  expect(await stats()).toMatchObject({ dead: 0n, queued: 45n });
});

test("counts before a purge, if asked, and then deletes", async () => {
  const { rpc, ids, stats } = await setup(120);
  const filter = { queue, jobIds: ids.slice(0, 2) };
  expect(await rpc.purgeDeadLetters({ filter })).toMatchObject({ purged: 2n });
  expect(await rpc.purgeDeadLetters({ filter: { queue }, dryRun: true })).toMatchObject({
    purged: 118n,
  });
  expect(await stats()).toMatchObject({ dead: 118n });
  expect(await rpc.purgeDeadLetters({ filter: { queue } })).toMatchObject({ purged: 118n });
  expect(await stats()).toMatchObject({ dead: 0n });
});
