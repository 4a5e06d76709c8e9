import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { openDocumentStore } from "@millrace/documents";
import { type DocumentId, type KeyId, systemRandom } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { documentCollector } from "../src/documents/collector.ts";
import type { UsesScheduler } from "../src/documents/document-uses.ts";

const owner = "k7f3q2m9" as KeyId;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GRACE_MS = 60_000;
const RETENTION_MS = 30 * DAY_MS;
const YOUNG_PER_ROUND = 3;

type Use = { unfinishedJobId?: string; scheduleId?: string; lastFinishMs?: number };

async function setup() {
  const directory = await mkdtemp(join(tmpdir(), "millrace-collector-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const clock = new ManualClock();
  const documents = await openDocumentStore({
    ...{ directory, maxBytes: 1_000, clock, random: systemRandom },
  });
  /** What the jobs of the key do with its documents, as a scheduler reports it, one use a page. */
  const uses = new Map<string, Use>();
  const asked: string[][] = [];
  const hooks = { onLook: async () => {} };
  const scheduler = {
    async findDocumentUses({ documentIds = [], pageToken = "" }) {
      if (pageToken === "") asked.push([...documentIds]);
      await hooks.onLook();
      const found = documentIds.filter((id) => uses.has(id));
      const at = Number(pageToken);
      const documentId = found[at];
      const {
        unfinishedJobId = "",
        scheduleId = "",
        lastFinishMs,
      } = uses.get(documentId ?? "") ?? {};
      const finish =
        lastFinishMs === undefined ? {} : { lastFinishTime: timestampFromMs(lastFinishMs) };
      const use =
        documentId === undefined ? [] : [{ documentId, unfinishedJobId, scheduleId, ...finish }];
      return { uses: use, nextPageToken: at + 1 < found.length ? String(at + 1) : "" };
    },
  } as UsesScheduler;
  const removed: [id: string, reason: string][] = [];
  const collect = documentCollector({
    ...{ documents, scheduler, clock, retentionMs: RETENTION_MS, graceMs: GRACE_MS },
    youngPerRound: YOUNG_PER_ROUND,
    onRemoved: ({ id }, reason) => removed.push([id, reason]),
    onError: (error) => {
      throw error;
    },
  });
  let letter = 0;
  const put = async (expiresAtMs?: number): Promise<DocumentId> => {
    async function* content() {
      yield Buffer.from(String.fromCharCode(97 + letter++));
    }
    const expiry = expiresAtMs === undefined ? {} : { expiresAtMs };
    const outcome = await documents.put(owner, { name: "a", ...expiry }, content());
    if (outcome.kind !== "stored") throw new Error(outcome.kind);
    return outcome.document.id;
  };
  return { clock, documents, scheduler, hooks, uses, asked, removed, collect, put };
}

test("a document is removed at the end of its retention, and not a millisecond before", async () => {
  const { clock, removed, collect, put } = await setup();
  const id = await put();
  clock.advance(RETENTION_MS - 1);
  await collect();
  expect(removed).toEqual([]);
  clock.advance(1);
  await collect();
  expect(removed).toEqual([[id, "retention"]]);
});

test("a document that an unfinished job names stays, and its retention begins at the job's end", async () => {
  const { clock, documents, uses, removed, collect, put } = await setup();
  const id = await put();
  uses.set(id, { unfinishedJobId: "job" });
  clock.advance(2 * RETENTION_MS);
  await collect();
  expect(removed).toEqual([]);
  // The job ends, and is removed, before the next round.
  uses.delete(id);
  clock.advance(1_000);
  await collect();
  clock.advance(RETENTION_MS - 1_001);
  await collect();
  expect(removed).toEqual([]);
  expect(await documents.get(id, owner)).toBeDefined();
  clock.advance(1);
  await collect();
  expect(removed).toEqual([[id, "retention"]]);
});

test.each<[what: string, alive: Use, over: (clock: ManualClock) => Use | undefined]>([
  ["a job", { unfinishedJobId: "job" }, (clock) => ({ lastFinishMs: clock.nowMs() })],
  ["a job whose record is removed at once", { unfinishedJobId: "job" }, () => undefined],
  ["a schedule that is deleted", { scheduleId: "schedule" }, () => undefined],
])(
  "the retention of a document that is younger than it begins at the end of %s, not at the submission",
  async (_, alive, over) => {
    const { clock, uses, removed, collect, put } = await setup();
    const id = await put();
    uses.set(id, alive);
    for (let day = 0; day < 28; day += 1) {
      await collect();
      clock.advance(DAY_MS);
    }
    await collect();
    const end = over(clock);
    if (end === undefined) uses.delete(id);
    else uses.set(id, end);
    clock.advance(HOUR_MS);
    await collect();
    // The record of the job is removed a day after its end.
    clock.advance(DAY_MS - HOUR_MS);
    uses.delete(id);
    await collect();
    clock.advance(RETENTION_MS - DAY_MS - 1);
    await collect();
    expect(removed).toEqual([]);
    clock.advance(1);
    await collect();
    expect(removed).toEqual([[id, "retention"]]);
  },
);

test("an end that a round has seen counts, also if the record is gone when the document is old", async () => {
  const { clock, uses, removed, collect, put } = await setup();
  const id = await put();
  clock.advance(RETENTION_MS - HOUR_MS);
  uses.set(id, { lastFinishMs: clock.nowMs() - 1_000 });
  clock.advance(2 * HOUR_MS);
  await collect();
  uses.delete(id);
  clock.advance(RETENTION_MS - 2 * HOUR_MS - 1_001);
  await collect();
  expect(removed).toEqual([]);
  clock.advance(1);
  await collect();
  expect(removed).toEqual([[id, "retention"]]);
});

test("a round looks up some documents that are not old, newest first, and the next round looks up others", async () => {
  const { clock, asked, collect, put } = await setup();
  const ids: DocumentId[] = [];
  for (let at = 0; at < 2 * YOUNG_PER_ROUND + 1; at += 1) {
    ids.unshift(await put());
    clock.advance(1);
  }
  // Nothing depends on the uses of a document whose upload says when it expires.
  await put(clock.nowMs() + HOUR_MS);
  for (let round = 0; round < 4; round += 1) await collect();
  expect(asked).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6), ids.slice(0, 3)]);
});

test("a document that a schedule names stays, whatever its upload said", async () => {
  const { clock, uses, removed, collect, put } = await setup();
  const [kept, early] = [await put(), await put(clock.nowMs() + 1_000)];
  for (const id of [kept, early]) uses.set(id, { scheduleId: "schedule" });
  clock.advance(2 * RETENTION_MS);
  await collect();
  expect(removed).toEqual([]);
  uses.clear();
  clock.advance(RETENTION_MS);
  await collect();
  expect(new Map(removed)).toEqual(
    new Map([
      [kept, "retention"],
      [early, "expired"],
    ]),
  );
});

test("the end of the last job that is kept begins the retention anew", async () => {
  const { clock, uses, removed, collect, put } = await setup();
  const id = await put();
  uses.set(id, { lastFinishMs: clock.nowMs() + 1_000 });
  clock.advance(RETENTION_MS + 999);
  await collect();
  expect(removed).toEqual([]);
  clock.advance(1);
  await collect();
  expect(removed).toEqual([[id, "retention"]]);
});

test("an upload's own expiry holds instead of the retention, but not over an unfinished job", async () => {
  const { clock, uses, removed, collect, put } = await setup();
  const [early, used, late] = [
    await put(clock.nowMs() + HOUR_MS),
    await put(clock.nowMs() + HOUR_MS),
    await put(clock.nowMs() + 2 * RETENTION_MS),
  ];
  uses.set(used, { unfinishedJobId: "job", lastFinishMs: clock.nowMs() });
  clock.advance(HOUR_MS);
  await collect();
  expect(removed).toEqual([[early, "expired"]]);
  uses.set(used, { lastFinishMs: clock.nowMs() });
  clock.advance(HOUR_MS);
  await collect();
  expect(removed.at(-1)).toEqual([used, "expired"]);
  clock.advance(RETENTION_MS + 1);
  await collect();
  expect(removed).toHaveLength(2);
  clock.advance(RETENTION_MS);
  await collect();
  expect(removed.at(-1)).toEqual([late, "expired"]);
});

test("a document is not removed while a submission that has just named it may be under way", async () => {
  const { clock, documents, removed, collect, put } = await setup();
  const id = await put(clock.nowMs() + HOUR_MS);
  clock.advance(HOUR_MS);
  expect(await documents.use(id, owner)).toMatchObject({ id });
  clock.advance(GRACE_MS - 1);
  await collect();
  expect(removed).toEqual([]);
  clock.advance(1);
  await collect();
  expect(removed).toEqual([[id, "expired"]]);
});

test("documents are removed although what crashes left of uploads cannot be", async () => {
  const { documents, clock, removed, scheduler, put } = await setup();
  const id = await put();
  clock.advance(RETENTION_MS);
  const tidyUploads = () => Promise.reject(new Error("EACCES"));
  const collect = documentCollector({
    ...{ documents: { ...documents, tidyUploads }, scheduler, clock },
    ...{ retentionMs: RETENTION_MS, graceMs: GRACE_MS, onError: () => undefined },
    onRemoved: (document, reason) => removed.push([document.id, reason]),
  });
  await expect(collect()).rejects.toThrow("EACCES");
  expect(removed).toEqual([[id, "retention"]]);
});

test("a document that a job names while its uses are looked up stays", async () => {
  const { clock, documents, hooks, removed, collect, put } = await setup();
  const id = await put();
  clock.advance(RETENTION_MS);
  hooks.onLook = async () => {
    await documents.use(id, owner);
  };
  await collect();
  expect(removed).toEqual([]);
  expect(await documents.get(id, owner)).toMatchObject({ usedAtMs: clock.nowMs() });
});
