/** Tests workers that die, hang or leave in the middle of a job. */
import { JobState } from "@millrace/proto/job";
import { WriteStatus } from "@millrace/proto/worker-service";
import { afterAll, expect, test } from "vitest";
import { benchOn } from "./bench.ts";
import { completed } from "./raw-worker.ts";
import { startLogged } from "./setup.ts";

const shared = await startLogged({
  workers: 0,
  settings: { scheduler: { MILLRACE_LEASE_MS: "3000", MILLRACE_REAP_EVERY_MS: "100" } },
});
afterAll(() => shared.system[Symbol.asyncDispose]());
const { LEASE_LOST } = WriteStatus;
test("another worker finishes the job of a killed worker, and the result has no text of the killed one", async () => {
  const { dictation, journal, submit, copyingWorker, check } = await benchOn(shared);
  const first = await copyingWorker();
  const jobId = await submit();
  const following = journal.follow(jobId);
  const dead = await dictation.attempt(jobId, 1);
  dead.write("of the dead");
  await journal.text(jobId, "of the dead");
  await copyingWorker();
  await first.kill();
  const next = await dictation.attempt(jobId, 2);
  expect(next.pid).not.toBe(dead.pid);
  next.end("of the living");
  const end = await following;
  expect(end).toMatchObject({ state: JobState.SUCCEEDED, attempt: 2 });
  expect(JSON.parse(end.resultJson)).toEqual({ text: "of the living" });
  await check();
});

test("a worker that was paused past its lease stores nothing for it, and then takes jobs again", async () => {
  const { dictation, journal, submit, copyingWorker, check } = await benchOn(shared);
  const frozen = await copyingWorker({ SLOTS: "1" });
  const jobId = await submit();
  const following = journal.follow(jobId);
  const zombie = await dictation.attempt(jobId, 1);
  zombie.write("before");
  await journal.text(jobId, "before");
  frozen.pause();
  const other = await copyingWorker({ SLOTS: "1" });
  const second = await dictation.attempt(jobId, 2);
  expect(second.pid).toBe(other.pid);
  // The zombie receives all its text before it continues.
  zombie.end("after");
  frozen.resume();
  // The other worker has no free slot.
  const another = await submit();
  const following2 = journal.follow(another);
  const taken = await dictation.attempt(another, 1);
  expect(taken.pid).toBe(frozen.pid);
  taken.end("another");
  await following2;
  second.end("second");
  expect(JSON.parse((await following).resultJson)).toEqual({ text: "second" });
  const texts = journal.recordOf(jobId).output.items.map(({ content }) => content.value);
  expect(texts).toEqual(["before", expect.anything(), "second"]);
  await check();
});

test("an expired lease is refused in every message of its holder", async () => {
  const { queue, dictation, journal, submit, copyingWorker, rawWorker, check } =
    await benchOn(shared);
  const jobId = await submit();
  const following = journal.follow(jobId);
  const silent = rawWorker();
  await silent.hello(queue);
  const { lease } = await silent.take();
  await silent.output(lease, 0, ["in time"]);
  await copyingWorker();
  const second = await dictation.attempt(jobId, 2);
  expect(await silent.heartbeat([lease])).toEqual([lease]);
  expect((await silent.output(lease, 1, ["late"])).status).toBe(LEASE_LOST);
  expect((await silent.settle(lease, completed({ text: "late" }))).status).toBe(LEASE_LOST);
  expect((await silent.settle(lease, { case: "handedBack", value: {} })).status).toBe(LEASE_LOST);
  const back = rawWorker();
  const { leases } = await back.hello(queue, { leases: [lease], credit: 0 });
  expect(leases).toMatchObject([{ held: false }]);
  second.end("second");
  expect(JSON.parse((await following).resultJson)).toEqual({ text: "second" });
  await check();
});

test("a job that loses the worker of every attempt fails as STALLED", async () => {
  const { queue, journal, submit, rawWorker, check } = await benchOn(shared);
  const jobId = await submit({ retry: { maxAttempts: 2 } });
  const following = journal.follow(jobId);
  for (const attempt of [1, 2]) {
    const dying = rawWorker();
    await dying.hello(queue);
    expect((await dying.take()).attempt).toBe(attempt);
    dying.cut();
  }
  const end = await following;
  expect(end).toMatchObject({ state: JobState.FAILED, attempt: 2, failure: { reason: "STALLED" } });
  await check();
});

test("jobs that lost their workers together are tried alone, and only the poison job fails", async () => {
  const { dictation, journal, submit, copyingWorker, check } = await benchOn(shared);
  const jobIds: string[] = [];
  for (let i = 0; i < 4; i += 1) jobIds.push(await submit({ retry: { maxAttempts: 3 } }));
  const ends = jobIds.map((jobId) => journal.follow(jobId));
  const [poison] = jobIds;
  // Twice, all jobs run on one worker when it dies.
  for (const attempt of [1, 2]) {
    const worker = await copyingWorker();
    for (const jobId of jobIds) await dictation.attempt(jobId, attempt);
    await worker.kill();
  }
  const running = new Set<string>();
  const seen: number[] = [];
  const last = async (jobId: string, kill: () => Promise<void>) => {
    const one = await dictation.attempt(jobId, 3);
    running.add(jobId);
    one.write("here");
    await journal.text(jobId, "here");
    seen.push(running.size);
    if (jobId === poison) await kill();
    running.delete(jobId);
    if (jobId !== poison) one.end();
  };
  const worker = await copyingWorker();
  const replace = async () => {
    await worker.kill();
    await copyingWorker();
  };
  await Promise.all(jobIds.map((jobId) => last(jobId, replace)));
  const states = (await Promise.all(ends)).map(({ state }) => state);
  const { FAILED, SUCCEEDED } = JobState;
  expect(states).toEqual([FAILED, SUCCEEDED, SUCCEEDED, SUCCEEDED]);
  expect(seen).toEqual([1, 1, 1, 1]);
  await check();
});
