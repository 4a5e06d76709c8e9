/** The storm's books themselves: they find each fault that they are there to find. */
import { create } from "@bufbuild/protobuf";
import type { Job } from "@millrace/client";
import { type OutputChunk, OutputChunkSchema } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { stormJob, wrongEnd } from "./jobs.ts";
import { Ledger } from "./ledger.ts";
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
  const kept = new Ledger();
  kept.take(1, "a");
  kept.take(2, "b");
  for (const end of ends) kept.end(end);
  return kept;
}

test("a ledger that agrees with what there is has nothing to complain of", () => {
  const kept = ledger(job("a"), job("b"), job("a"));
  kept.take(1, "a");
  kept.compare([job("a"), job("b")]);
  expect(kept.wrong).toEqual([]);
  expect(kept).toMatchObject({ acknowledged: 2, ended: 2, wrongs: 0 });
});

test.each<[string, (kept: Ledger) => void]>([
  ["taken twice: as a and as c", (kept) => kept.take(1, "c")],
  ["a was given to jobs 1 and 3", (kept) => kept.take(3, "a")],
  ["nobody was told of c, which has ended", (kept) => kept.end(job("c"))],
  ["a ended twice", (kept) => kept.end(job("a", { attempt: 2 }))],
  ["lost: b", (kept) => kept.compare([job("a")])],
  ["nobody was told of c", (kept) => kept.compare([job("a"), job("b"), job("c")])],
  ["a was told as", (kept) => kept.compare([job("a", { state: "FAILED" }), job("b")])],
])("a ledger finds: %s", (what, happens) => {
  const kept = ledger(job("a"), job("b"));
  happens(kept);
  expect(kept.wrong.join("\n")).toContain(what);
});

test("a job that nobody was told of is right if a scheduler has put it back", () => {
  const kept = ledger(job("a"), job("b"));
  kept.mend("c");
  kept.compare([job("a"), job("b"), job("c"), job("d")]);
  expect(kept.wrong).toEqual(["nobody was told of d"]);
  expect(kept.strays).toBe(1);
});

const chunk = (offset: number, value: string, attempt = 1): OutputChunk =>
  create(OutputChunkSchema, { offset: BigInt(offset), attempt, content: { case: "text", value } });

function seen(...chunks: OutputChunk[]) {
  const reader = new Seen();
  for (const one of chunks) reader.add(one);
  return reader;
}

test("a reader keeps the text of the last attempt, and tells gaps, repeats and mixtures", () => {
  const value = { offset: 1n, attempt: 2, content: { case: "reset" as const, value: {} } };
  const good = seen(chunk(0, "x"), create(OutputChunkSchema, value), chunk(2, "y", 2));
  expect(good).toMatchObject({ text: "y", next: 3, wrong: [] });
  expect(seen(chunk(0, "x"), chunk(2, "y")).wrong).toHaveLength(1);
  expect(seen(chunk(0, "x"), chunk(0, "x")).wrong).toHaveLength(1);
  expect(seen(chunk(0, "x", 2), chunk(1, "y", 1)).wrong).toHaveLength(1);
  expect(seen(chunk(0, "x")).digest()).not.toBe(seen(chunk(0, "y")).digest());
});

test("an end is wrong that its job does not allow, and so are attempts that nothing explains", () => {
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
  expect(end({ attempt: 1 })).toContain("which fails");
  expect(end({ result: { text: "7/2/99/0 " } })).toContain("with the result");
  expect(end({ state: "CANCELLED" })).toContain("nobody asked");
  expect(wrongEnd({ ...flaky, cancelMs: 1 }, job("a", { state: "CANCELLED" }))).toBeUndefined();
  const failure = { reason: "STALLED", message: "", retryable: false };
  expect(end({ state: "FAILED", failure })).toContain("STALLED");
});
