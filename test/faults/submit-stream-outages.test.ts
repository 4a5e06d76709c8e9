/** Tests SubmitStream with services that end, and with a token that is rejected. */
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { callerAt, startForTest } from "./setup.ts";
import { callerOf, gates, type Message, range, Stream } from "./submit-stream-setup.ts";

test("a killed scheduler loses nothing: every job is answered, and every end is reported", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_SCHEDULER_DEADLINE_MS: "60000" } },
  });
  const { executor, payload, release } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const stream = open({ notifyFinished: true });
  const write = (numbers: readonly number[]) =>
    stream.write({ jobs: numbers.map((n) => streamed(n, payload(n))) } as Message);
  await write(range(200));
  await stream.until(() => stream.answers.size === 200);
  await system.schedulers[0]?.kill();
  await write(range(200, 200));
  await system.schedulers[0]?.restart();
  for (const n of range(400)) release(n);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  const ids = range(400).map((n) => (stream.answer(n) as { jobId: string }).jobId);
  expect(stream.finished.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
});

test("without a scheduler each job is answered with SCHEDULER_UNAVAILABLE, and the stream stays open", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_SCHEDULER_DEADLINE_MS: "500" } },
  });
  const { open, streamed } = await callerOf(system);
  const stream = open();
  await stream.write({ jobs: [streamed(1)] } as Message);
  await stream.until(() => stream.answers.size === 1);
  await system.schedulers[0]?.kill();
  await stream.write({ jobs: [streamed(2)] } as Message);
  await stream.until(() => stream.answers.size === 2);
  expect(stream.answer(2)).toMatchObject({ reason: "SCHEDULER_UNAVAILABLE" });
  await system.schedulers[0]?.restart();
  await stream.write({ jobs: [streamed(3)] } as Message);
  stream.end();
  expect(await stream.ended).toBeUndefined();
});

test("a gateway that stops reports DRAINING after it has answered every accepted job", async () => {
  const { system } = await startForTest({ workers: 0 });
  const { executor, payload } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const stream = open({ notifyFinished: true });
  await stream.write({ jobs: range(1_000).map((n) => streamed(n, payload(n))) } as Message);
  await stream.until(() => stream.answers.size > 0);
  const exit = await system.gateways[0]?.stop();
  expect(exit).toEqual({ code: 0, signal: null });
  expect(await stream.ended).toMatchObject({ code: status.UNAVAILABLE, reason: "DRAINING" });
  expect(stream.answers.size).toBe(1_000);
});

test("a gateway whose token is rejected answers INTERNAL and logs why, because no caller's key is wrong", async () => {
  const { system, log } = await startForTest({
    workers: 0,
    settings: { scheduler: { MILLRACE_INTERNAL_TOKEN: "right" } },
  });
  const caller = callerAt(system.gatewayTarget(), system.apiKey);
  expect(await new Stream(caller, {}).ended).toMatchObject({ code: status.INTERNAL });
  await log.until((line) => JSON.stringify(line).includes("MILLRACE_INTERNAL_TOKEN"));
});
