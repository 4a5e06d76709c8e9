/** Tests the ledger and the readers of the storm: they must find each kind of fault. */
import { create } from "@bufbuild/protobuf";
import type { Job } from "@millrace/client";
import { type OutputChunk, OutputChunkSchema } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { stormJob, wrongEnd } from "./jobs.ts";
import { Ledger } from "./ledger.ts";
import { REJECTED } from "./models.ts";
import { Seen } from "./seen.ts";

const job = (id: string, change: Partial<Job> = {}): Job =>
  ({
    id,
    type: "work",
    state: "SUCCEEDED",
    attempt: 1,
    stalls: 0,
    outputOffset: 2,
    ...change,
  }) as Job;

function ledger(...ends: Job[]) {
  const book = new Ledger();
  book.acknowledge(1, "a");
  book.acknowledge(2, "b");
  for (const end of ends) book.end(end);
  return book;
}

test("a ledger that agrees with the stored jobs has no complaints", () => {
  const book = ledger(job("a"), job("b"), job("a"));
  book.acknowledge(1, "a");
  book.compare([job("a"), job("b")]);
  expect(book.wrong).toEqual([]);
  expect(book).toMatchObject({ acknowledged: 2, ended: 2, wrongs: 0 });
});

test.each<[string, (book: Ledger) => void]>([
  ["acknowledged twice: as a and as c", (book) => book.acknowledge(1, "c")],
  ["a was given to jobs 1 and 3", (book) => book.acknowledge(3, "a")],
  ["c has ended, but was never acknowledged", (book) => book.end(job("c"))],
  ["a ended twice", (book) => book.end(job("a", { attempt: 2 }))],
  ["lost: b", (book) => book.compare([job("a")])],
  ["c was never acknowledged", (book) => book.compare([job("a"), job("b"), job("c")])],
  ["a was reported as", (book) => book.compare([job("a", { state: "FAILED" }), job("b")])],
])("a ledger finds: %s", (what, happens) => {
  const book = ledger(job("a"), job("b"));
  happens(book);
  expect(book.wrong.join("\n")).toContain(what);
});

test("a job that was never acknowledged is allowed if a scheduler has put it back", () => {
  const book = ledger(job("a"), job("b"));
  book.repair("c");
  book.compare([job("a"), job("b"), job("c"), job("d")]);
  expect(book.wrong).toEqual(["d was never acknowledged"]);
  expect(book.strays).toBe(1);
});

const chunk = (offset: number, value: string, attempt = 1): OutputChunk =>
  create(OutputChunkSchema, { offset: BigInt(offset), attempt, content: { case: "text", value } });

function seen(...chunks: OutputChunk[]) {
  const reader = new Seen();
  for (const one of chunks) reader.add(one);
  return reader;
}

test("a reader keeps the text of the last attempt, and finds gaps, repeats and mixed attempts", () => {
  const value = { offset: 1n, attempt: 2, content: { case: "reset" as const, value: {} } };
  const good = seen(chunk(0, "x"), create(OutputChunkSchema, value), chunk(2, "y", 2));
  expect(good).toMatchObject({ text: "y", next: 3, wrong: [] });
  expect(seen(chunk(0, "x"), chunk(2, "y")).wrong).toHaveLength(1);
  expect(seen(chunk(0, "x"), chunk(0, "x")).wrong).toHaveLength(1);
  expect(seen(chunk(0, "x", 2), chunk(1, "y", 1)).wrong).toHaveLength(1);
  expect(seen(chunk(0, "x")).digest()).not.toBe(seen(chunk(0, "y")).digest());
});

test("an end that the job does not allow is wrong, and so are attempts without a cause", () => {
  const payload = { n: 7, pieces: 2, pauseMs: 0, failures: 1, fatal: false };
  const plain = stormJob(1, 7, "document", 0);
  const flaky = { ...plain, job: { ...plain.job, payload } };
  const end = (change: Partial<Job>) => {
    const { attempt = 2 } = change;
    const result = { text: `7/${attempt}/99/0 7/${attempt}/99/1 ` };
    return wrongEnd(flaky, job("a", { attempt, result, ...change }));
  };
  expect(end({})).toBeUndefined();
  expect(end({ attempt: 3, stalls: 1 })).toBeUndefined();
  expect(end({ attempt: 3 })).toContain("3 attempts");
  expect(end({ attempt: 1 })).toContain("which should fail");
  expect(end({ result: { text: "7/2/99/0 " } })).toContain("with the result");
  expect(end({ state: "CANCELLED" })).toContain("no caller cancelled it");
  expect(wrongEnd({ ...flaky, cancelMs: 1 }, job("a", { state: "CANCELLED" }))).toBeUndefined();
  const failure = { reason: "STALLED", message: "", retryable: false };
  expect(end({ state: "FAILED", failure })).toContain("STALLED");
  const rejected = job("a", { state: "FAILED", failure: { ...failure, reason: REJECTED } });
  expect(wrongEnd(flaky, rejected)).toContain(REJECTED);
  expect(wrongEnd(flaky, rejected, true)).toBeUndefined();
});
