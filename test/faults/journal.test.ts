/** Tests the checker of the journal: it must find each kind of fault. */
import { create } from "@bufbuild/protobuf";
import {
  type Job,
  JobSchema,
  JobState,
  type OutputChunk,
  OutputChunkSchema,
} from "@millrace/proto/job";
import { expect, test } from "vitest";
import { Heard } from "./heard.ts";
import { violationsOf } from "./journal.ts";

const chunk = (offset: number, value: string, attempt = 1): OutputChunk =>
  create(OutputChunkSchema, { offset: BigInt(offset), attempt, content: { case: "text", value } });
const reset = (offset: number, attempt: number): OutputChunk =>
  create(OutputChunkSchema, {
    offset: BigInt(offset),
    attempt,
    content: { case: "reset", value: {} },
  });
const succeeded = (text: string, outputOffset: number, change = {}): Job =>
  create(JobSchema, {
    ...{ id: "j", state: JobState.SUCCEEDED, attempt: 1, outputOffset: BigInt(outputOffset) },
    ...{ resultJson: JSON.stringify({ text }), ...change },
  });

function check(chunks: readonly OutputChunk[], ends: Job[], late: Job, lateChunks = chunks) {
  const output = new Heard<OutputChunk>();
  for (const one of chunks) output.add(one);
  const record = { jobId: "j", output, states: new Heard<JobState>(), ends };
  return violationsOf(record, late, lateChunks);
}

const good = [chunk(0, "x"), reset(1, 2), chunk(2, "a", 2), chunk(3, "b", 2)];
const end = succeeded("ab", 4);

test("a job whose parts agree has no violations", () => {
  expect(check(good, [end], end)).toEqual([]);
  expect(check(good, [end, end], end)).toEqual([]);
});

const wrong: [string, string[]][] = [
  ["no end was reported", check(good, [], end)],
  ["finished twice", check(good, [end, succeeded("ab", 4, { attempt: 2 })], end)],
  ["finished twice", check(good, [end], succeeded("ab", 4, { state: JobState.FAILED }))],
  ["with offset 3", check([...good.slice(0, 2), chunk(3, "ab", 2)], [end], end)],
  ["with offset 2", check([...good, chunk(2, "a", 2)], [end], end)],
  ["chunks, 3 seen", check(good.slice(0, 3), [end], end)],
  ["a late reader got", check(good, [end], end, [chunk(0, "y"), ...good.slice(1)])],
  ["mixed", check([...good.slice(0, 3), chunk(3, "b", 1)], [end], end)],
  ["result ac", check(good, [succeeded("ac", 4)], succeeded("ac", 4))],
];

test.each(wrong)("the journal finds: %s", (what, found) => {
  expect(found.join("\n")).toContain(what);
});
