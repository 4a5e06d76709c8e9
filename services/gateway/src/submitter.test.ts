import { create } from "@bufbuild/protobuf";
import { JobSpecSchema } from "@millrace/proto/job";
import { type KeyId, newDocumentId, systemRandom as random } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { createSubmitter } from "./submitter.ts";

test.each([
  ["2 MiB of payloads are parsed in turns with other calls", 8, 4],
  ["a payload of 256 KiB is parsed in one", 1, 0],
])("%s", async (_, count, expected) => {
  let turns = 0;
  let turnsBefore: number | undefined;
  const stop = new AbortController();
  const onTurn = () => {
    turns += 1;
    if (!stop.signal.aborted) setImmediate(onTurn);
  };
  const documents = {
    get: async () => {
      turnsBefore = turns;
      return undefined;
    },
  };
  const clock = new ManualClock(1);
  const schedulerClock = { nowMs: () => clock.nowMs(), known: async () => undefined };
  const submit = createSubmitter({
    ...{ scheduler: {} as never, documents: documents as never, schedulerClock, random },
  });
  const value = `{"a":"${"x".repeat(256 * 1024 - 7)}"`;
  const job = { queue: "documents", type: "echo" };
  // Refused, so that nothing goes to a scheduler: what looks at the clock is the last one's document.
  const long = { ...job, payload: { case: "payloadJson" as const, value } };
  const last = { ...job, documentIds: [newDocumentId(1, random)] };
  const specs = [...Array<typeof long>(count).fill(long), last].map((spec) =>
    create(JobSpecSchema, spec),
  );
  setImmediate(onTurn);
  const answers = await submit("k7f3q2m9" as KeyId, specs);
  stop.abort();
  expect(answers).toHaveLength(count + 1);
  expect(turnsBefore).toBe(expected);
});
