import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { JobSpecSchema } from "@millrace/proto/job";
import { type KeyId, newDocumentId, systemRandom as random } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { jobPreparer } from "./prepare-job.ts";
import { createSubmitter } from "./submitter.ts";

const job = { queue: "documents", type: "echo" };
/** All jobs are refused, so that nothing goes to a scheduler. */
const payload = (bytes: number) => ({
  ...job,
  payload: { case: "payloadJson" as const, value: `{"a":"${"x".repeat(bytes - 7)}"` },
});
/** The job is refused for its time, which is checked last. */
const structured = {
  ...job,
  payload: { case: "payloadStruct" as const, value: { a: "x".repeat(200 * 1024) } },
  runAt: { seconds: -1_000_000_000_000n, nanos: 0 },
};
const labelled = {
  ...{ ...job, type: "!" },
  labels: Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`label${index}`, "x"])),
};
const wrong = { ...job, documentIds: Array<string>(16).fill("!") };

test.each([
  ["2 MiB of payloads are parsed in turns with other calls", 8, payload(256 * 1024), 18],
  ["parses a large payload in a turn of its own", 1, payload(256 * 1024), 4],
  ["parses payloads of less than 85 KiB in total in one turn", 2, payload(40 * 1024), 0],
  ["writes structured payloads as JSON in turns with other calls", 8, structured, 16],
  ["checks jobs with many labels in turns with other calls", 900, labelled, 22],
  ["checks a few of them in one turn", 50, labelled, 0],
  ["checks jobs with many errors in turns with other calls", 900, wrong, 74],
  ["checks a few of them in one turn", 20, wrong, 0],
])("%s", async (_, count, spec: MessageInitShape<typeof JobSpecSchema>, expected) => {
  let turns = 0;
  let turnsBefore: number | undefined;
  const stop = new AbortController();
  const onTurn = () => {
    turns += 1;
    if (!stop.signal.aborted) setImmediate(onTurn);
  };
  const documents = {
    use: async () => {
      turnsBefore = turns;
      return undefined;
    },
  };
  const clock = new ManualClock(1);
  const schedulerClock = { nowMs: () => clock.nowMs(), known: async () => undefined };
  const submit = createSubmitter({
    ...{ scheduler: {} as never, schedulerClock, random },
    checkConditions: async () => [],
    prepare: jobPreparer({ documents: documents as never, priorities: {} as never }),
  });
  // The last job's document observes the turns.
  const last = { ...job, documentIds: [newDocumentId(1, random)] };
  const specs = [...Array<typeof spec>(count).fill(spec), last].map((one) =>
    create(JobSpecSchema, one),
  );
  setImmediate(onTurn);
  const answers = await submit("k7f3q2m9" as KeyId, specs);
  stop.abort();
  expect(answers).toHaveLength(count + 1);
  expect(turnsBefore).toBe(expected);
});
