/** Tests SubmitStream with callers at their limit of unfinished jobs, and with waits that are abandoned. */
import { expect, test } from "vitest";
import { startForTest, untilMetric } from "./setup.ts";
import { callerOf, gates, type Message } from "./submit-stream-setup.ts";

test("a caller at its limit of unfinished jobs must wait until one has finished", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_STREAM_UNFINISHED: "2" } },
  });
  const { executor, payload, release } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const stream = open({ notifyFinished: true });
  for (const n of [1, 2, 3]) await stream.write({ jobs: [streamed(n, payload(n))] } as Message);
  await stream.until(() => stream.answers.size === 2);
  const [one, two] = [1, 2].map((n) => (stream.answer(n) as { jobId: string }).jobId);
  release(1);
  await stream.until(() => stream.answers.size === 3);
  expect(stream.order).toEqual(["answer 1", "answer 2", `finished ${one}`, "answer 3"]);
  release(2);
  release(3);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.finished.map(({ id }) => id)).toContain(two);
});

test("abandoned waits make room on a stream at its limit, whatever is queued before them", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_STREAM_UNFINISHED: "2" } },
  });
  const { executor, payload, release } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const stream = open({ notifyFinished: true });
  for (const n of [1, 2, 3, 4]) await stream.write({ jobs: [streamed(n, payload(n))] } as Message);
  await stream.until(() => stream.answers.size === 2);
  const [one, two] = [1, 2].map((n) => (stream.answer(n) as { jobId: string }).jobId);
  await stream.write({ forgetJobIds: [one, two] } as Message);
  await stream.until(() => stream.answers.size === 4);
  for (const service of [system.gateways[0], system.schedulers[0]]) {
    await untilMetric((value) => value === 2, service, "millrace_awaited_jobs");
  }
  for (const n of [1, 2, 3, 4]) release(n);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  const [three, four] = [3, 4].map((n) => (stream.answer(n) as { jobId: string }).jobId);
  expect(stream.finished.map(({ id }) => id).sort()).toEqual([three, four].sort());
});

test("a wait abandoned before it was accepted never begins, and a wait asked for again is reported", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_STREAM_UNFINISHED: "1" } },
  });
  const { executor, payload, release } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const submitting = open();
  await submitting.write({ jobs: [1, 2].map((n) => streamed(n, payload(n))) } as Message);
  await submitting.until(() => submitting.answers.size === 2);
  const [one, two] = [1, 2].map((n) => (submitting.answer(n) as { jobId: string }).jobId);
  const stream = open({ notifyFinished: true, notifyJobIds: [one ?? ""] });
  await stream.write({ notifyJobIds: [two ?? ""] });
  await stream.write({ forgetJobIds: [two ?? ""] });
  release(2);
  await stream.write({ forgetJobIds: [one ?? ""], notifyJobIds: [one ?? ""] });
  release(1);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.finished.map(({ id }) => id)).toEqual([one]);
});
