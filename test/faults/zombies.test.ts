/** Tests services that are paused in the middle of their work and continue after others have taken it over. */
import { JobState } from "@millrace/proto/job";
import { afterAll, expect, test } from "vitest";
import { benchOn } from "./bench.ts";
import { busyBench } from "./load.ts";
import { startLogged } from "./setup.ts";

const shared = await startLogged({
  ...{ schedulers: 2, gateways: 2, workers: 0 },
  settings: {
    scheduler: { MILLRACE_LEASE_MS: "3000", MILLRACE_REAP_EVERY_MS: "200" },
    gateway: { MILLRACE_SCHEDULER_DEADLINE_MS: "2000" },
  },
});
afterAll(() => shared.system[Symbol.asyncDispose]());
const { schedulers, gateways } = shared.system;

const EARLY = 100;
/** A small number, so that the callers need not wait for one job to end before all are submitted. */
const LATE = 36;

test("a scheduler and a gateway that continue after a pause under load undo and repeat nothing", async () => {
  const { load, check } = await busyBench(shared);
  const held = await benchOn(shared);
  // The worker knows no other scheduler, so its lease expires.
  const bound = await held.copyingWorker({ SCHEDULER: schedulers[0]?.addresses.workers ?? "" });
  const jobId = await held.submit();
  const following = held.journal.follow(jobId);
  const first = await held.dictation.attempt(jobId, 1);
  first.write("before, ");
  await held.journal.text(jobId, "before");
  const other = await held.copyingWorker({
    SCHEDULER: schedulers[1]?.addresses.workers ?? "",
  });

  const early = await load(EARLY);
  schedulers[0]?.pause();
  gateways[0]?.pause();
  // The text is on its way into the paused scheduler.
  first.write("meanwhile, ");
  const second = await held.dictation.attempt(jobId, 2);
  expect([first.pid, second.pid]).toEqual([bound.pid, other.pid]);
  second.write("again, ");
  await held.journal.text(jobId, "again");

  gateways[0]?.resume();
  const late = await load(LATE);
  schedulers[0]?.resume();
  first.end("after");
  second.end("and done");
  const end = await following;
  expect(end).toMatchObject({ state: JobState.SUCCEEDED, attempt: 2, stalls: 1 });
  expect(JSON.parse(end.resultJson)).toEqual({ text: "again, and done" });
  for (const { state } of [...(await early.all), ...(await late.all)]) {
    expect(state).toBe(JobState.SUCCEEDED);
  }
  await held.check();
  await check();
});
