/** FindDocumentUses: key_id, document_ids and page_token of its request, and all fields of its response. */
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { openEngine } from "@millrace/engine";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { grpcClient, serve } from "@millrace/runtime";
import {
  systemClock as clock,
  type KeyId,
  newDocumentId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { jobObserver } from "../src/observing/job-observer.ts";
import { memoryPressure } from "../src/policy/memory-pressure.ts";
import { schedulerService } from "../src/service.ts";
import { JobTokens } from "../src/tokens/job-tokens.ts";
import { noWorkers } from "./no-workers.ts";
import { noWebhooks } from "./webhook-setup.ts";

const keyId = "aaaa" as KeyId;

async function setup(queues: readonly string[]) {
  const { url, rootPrefix } = await redisForTests();
  const engine = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => engine.close());
  for (const name of queues) await engine.defineQueue({ name: name as QueueName });
  const roomy = memoryPressure({ shedPercent: 90, resumePercent: 80 });
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [
      schedulerService({
        ...{ engine: engine, observer: jobObserver(createMetrics("scheduler")), clock },
        ...{
          pressure: roomy,
          jobTokens: new JobTokens(() => Buffer.alloc(32, "a")),
          workers: noWorkers,
        },
        webhooks: noWebhooks(engine, clock),
      }),
    ],
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const { rpc, close } = grpcClient(SchedulerService, server.address);
  onTestFinished(() => close());
  const beganMs = clock.nowMs();
  const document = () => newDocumentId(beganMs, random);
  const submit = async (
    queue: string,
    documentIds: string[],
    key = keyId,
    atMs = clock.nowMs(),
  ) => {
    const id = newJobId(queue as QueueName, key, atMs, random);
    await rpc.submit({ jobs: [{ id, spec: { queue, type: "read", documentIds } }] });
    return id;
  };
  /** All pages, and how many there were. */
  const find = async (...documentIds: string[]) => {
    const uses: Awaited<ReturnType<typeof rpc.findDocumentUses>>["uses"] = [];
    let pages = 0;
    for (let pageToken = ""; pages === 0 || pageToken !== ""; pages += 1) {
      const page = await rpc.findDocumentUses({ keyId, documentIds, pageToken });
      uses.push(...page.uses);
      pageToken = page.nextPageToken;
    }
    return { uses, pages };
  };
  return { engine, rpc, document, submit, find, beganMs };
}

test("finds the unfinished jobs of a key that name a document, and when the finished ones ended", async () => {
  const { engine, document, submit, find, beganMs } = await setup(["mail", "texts"]);
  const [first, second, third, unused] = [document(), document(), document(), document()];
  const waiting = await submit("texts", [first, second]);
  const cancelled = await submit("mail", [second]);
  await submit("mail", [third], "bbbb" as KeyId);
  await engine.cancel(cancelled, "");
  const { uses } = await find(first, second, third, unused);
  expect(uses.filter(({ documentId }) => documentId === first)).toMatchObject([
    { unfinishedJobId: waiting },
  ]);
  const both = uses.filter(({ documentId }) => documentId === second);
  expect(both).toMatchObject([{ unfinishedJobId: waiting }]);
  const ended = both[0]?.lastFinishTime;
  expect(ended === undefined ? 0 : timestampMs(ended)).toBeGreaterThanOrEqual(beganMs - 1);
  expect(uses).toHaveLength(2);
});

test("finds the schedules of a key that name a document, and none of another key", async () => {
  const { rpc, document, find } = await setup(["mail", "texts"]);
  const [named, unused, foreign] = [document(), document(), document()];
  const create = (key: string, documentId: string) =>
    rpc.createSchedule({
      keyId: key,
      spec: {
        ...{ name: "daily", timing: { case: "cron", value: "0 3 * * *" } },
        job: { queue: "texts", type: "read", documentIds: [documentId] },
      },
    });
  await create(keyId, named);
  await create("bbbb", foreign);
  const { uses } = await find(named, unused, foreign);
  expect(uses).toMatchObject([{ documentId: named, scheduleId: "texts~aaaa~daily" }]);
});

test("a key without jobs, and queues without jobs, need one page", async () => {
  const none = await setup([]);
  expect(await none.find(none.document())).toEqual({ uses: [], pages: 1 });
  const some = await setup(["mail", "texts"]);
  expect(await some.find(some.document())).toEqual({ uses: [], pages: 1 });
});

test("jobs beyond 10,000 are read in further pages, and jobs older than the documents are not read", async () => {
  const { rpc, document, submit, find, beganMs } = await setup(["mail", "texts"]);
  const named = document();
  const id = await submit("texts", [named]);
  const old = Array.from({ length: 10_000 }, (_, at) => at);
  const fill = async (fromMs: number) => {
    for (let at = 0; at < old.length; at += 1_000) {
      const jobs = old.slice(at, at + 1_000).map((nth) => ({
        id: newJobId("mail" as QueueName, keyId, fromMs + nth, random),
        spec: { queue: "mail", type: "read" },
      }));
      const { results } = await rpc.submit({ jobs });
      expect(results.every(({ result }) => result.case === "jobId")).toBe(true);
    }
  };
  await fill(beganMs - 3_600_000);
  expect(await find(named)).toMatchObject({ uses: [{ unfinishedJobId: id }], pages: 1 });
  await fill(beganMs + 1);
  expect(await find(named)).toMatchObject({ uses: [{ unfinishedJobId: id }], pages: 2 });
});

test.each(["mail|no", "garbage", "|", "mail||", "Mail|"])(
  "refuses the page token %j, which it has not made",
  async (pageToken) => {
    const { rpc, document } = await setup(["mail"]);
    const call = rpc.findDocumentUses({ keyId, documentIds: [document()], pageToken });
    await expect(call).rejects.toMatchObject({ reason: "MALFORMED" });
  },
);
