/** One key's jobs in all slots of a worker do not keep other keys waiting, if the worker takes guests. */
import type { KeyId } from "@millrace/shared";
import { newJobId } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { expect, test } from "vitest";
import { queue, setup } from "./work-setup.ts";

async function started() {
  const parts = await setup();
  const { clock, submit } = parts;
  const random = seededRandom(2);
  const submitOf = (key: string) => {
    const id = newJobId(queue, key as KeyId, clock.nowMs(), random);
    return submit({ id }).then(() => id);
  };
  /** Makes a line ask again, as it does each second. */
  const poll = () => clock.advance(1_000);
  return { ...parts, submitOf, poll };
}

type Worker = ReturnType<Awaited<ReturnType<typeof setup>>["connect"]>;

const given = async (worker: Worker) =>
  (await worker.assignedAll()).map(({ lease }) => lease?.jobId);

/** A worker with two slots, both taken by jobs of one key that has more, while a job of another key waits. */
async function crowded(guestSlots: number) {
  const parts = await started();
  const worker = parts.connect(2, { slots: 2, guestSlots });
  await worker.waits();
  const long = [];
  for (let i = 0; i < 4; i += 1) long.push(await parts.submitOf("long"));
  const running = [...(await given(worker))];
  while (running.length < 2) running.push(...(await given(worker)));
  return { ...parts, worker, long, running };
}

test("gives a worker whose slots are all taken by one key a job of another key beyond them", async () => {
  const { worker, submitOf, poll, engine } = await crowded(1);
  const guest = await submitOf("other");
  await submitOf("third");
  poll();
  expect(await given(worker)).toEqual([guest]);
  // There is one place for guests.
  poll();
  await worker.heard();
  expect((await engine.stats(queue)).running).toBe(3);
});

test("gives a worker no guest of a key that runs something in it", async () => {
  const { worker, poll, engine, submitOf } = await crowded(2);
  poll();
  await worker.heard();
  expect((await engine.stats(queue)).running).toBe(2);
  const first = await submitOf("other");
  await submitOf("other");
  poll();
  expect(await given(worker)).toEqual([first]);
  const third = await submitOf("third");
  poll();
  expect(await given(worker)).toEqual([third]);
});

test("never gives a worker that takes no guests more than its slots", async () => {
  const { worker, submitOf, poll, engine } = await crowded(0);
  await submitOf("other");
  poll();
  await worker.heard();
  expect((await engine.stats(queue)).running).toBe(2);
});

test("gives a guest to the worker with the fewest keys first", async () => {
  const { submitOf, poll, connect } = await started();
  const [mixed, single] = [
    connect(2, { workerId: "mixed", slots: 2, guestSlots: 1 }),
    connect(2, { workerId: "single", slots: 2, guestSlots: 1 }),
  ];
  await mixed.waits();
  const ids = [await submitOf("aaaa"), await submitOf("bbbb")];
  const first = [...(await given(mixed))];
  while (first.length < 2) first.push(...(await given(mixed)));
  expect(first.sort()).toEqual(ids.sort());
  await single.waits();
  await submitOf("aaaa");
  await submitOf("aaaa");
  for (let taken = 0; taken < 2; ) taken += (await given(single)).length;
  const guest = await submitOf("cccc");
  poll();
  expect(await given(single)).toEqual([guest]);
});
