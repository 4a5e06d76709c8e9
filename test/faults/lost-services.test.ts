/** Tests schedulers and gateways that are killed, restarted or told to stop in the middle of a job. */
import { status } from "@grpc/grpc-js";
import { connectMillrace } from "@millrace/client";
import { JobState } from "@millrace/proto/job";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { benchOn } from "./bench.ts";
import { faultOf, startLogged } from "./setup.ts";

/** Each test restarts the services that it has ended. */
const shared = await startLogged({
  ...{ schedulers: 2, gateways: 2, workers: 0 },
  settings: { gateway: { MILLRACE_SCHEDULER_DEADLINE_MS: "2000" } },
});
afterAll(() => shared.system[Symbol.asyncDispose]());

async function setup() {
  const bench = await benchOn(shared);
  await bench.copyingWorker();
  /** Starts a job and follows it. Resolves once its attempt runs. */
  const begin = async () => {
    const jobId = await bench.submit();
    const following = bench.journal.follow(jobId);
    const dictated = await bench.dictation.attempt(jobId, 1);
    /** Makes the worker write text, and waits until the follower gets it. */
    const say = async (text: string) => {
      dictated.write(text);
      await bench.journal.text(jobId, text);
    };
    await say("begun, ");
    return { jobId, following, say, end: (text: string) => dictated.end(text) };
  };
  return { ...shared.system, ...bench, begin };
}

/** A success in the first attempt with the given text. */
const succeededWith = (text: string) => ({
  ...{ state: JobState.SUCCEEDED, attempt: 1, stalls: 0 },
  resultJson: JSON.stringify({ text }),
});

test("jobs go on while either of two schedulers is killed and restarted", async () => {
  const { schedulers, begin, check } = await setup();
  const job = await begin();
  await schedulers[0]?.kill();
  await job.say("one killed, ");
  const second = await begin();
  await schedulers[0]?.restart();
  await schedulers[1]?.kill();
  await job.say("the other killed, ");
  job.end("done");
  second.end("done");
  expect(await job.following).toMatchObject(
    succeededWith("begun, one killed, the other killed, done"),
  );
  expect(await second.following).toMatchObject(succeededWith("begun, done"));
  await schedulers[1]?.restart();
  await check();
});

test("jobs go on when all schedulers are killed and restarted, and callers get UNAVAILABLE meanwhile", async () => {
  const { schedulers, caller, journal, begin, check } = await setup();
  const job = await begin();
  await Promise.all(schedulers.map((scheduler) => scheduler.kill()));
  const fault = await faultOf(caller.jobs.getJob({ jobId: job.jobId }));
  expect(fault).toMatchObject({ code: status.UNAVAILABLE, reason: "SCHEDULER_UNAVAILABLE" });
  expect(fault.retryDelayMs).toBeGreaterThan(0);
  // The message must not reveal the scheduler's address.
  expect(fault.message).not.toMatch(/\d+\.\d+|:\d+/);
  await Promise.all(schedulers.map((scheduler) => scheduler.restart()));
  await job.say("restarted, ");
  job.end("done");
  expect(await job.following).toMatchObject(succeededWith("begun, restarted, done"));
  expect(journal.faults.items.filter(({ code }) => code !== status.UNAVAILABLE)).toEqual([]);
  await check();
});

test("a scheduler that is told to stop hands its workers and watchers over, and exits with 0", async () => {
  const { schedulers, begin, check } = await setup();
  const job = await begin();
  expect(await schedulers[0]?.stop()).toEqual({ code: 0, signal: null });
  await job.say("one stopped, ");
  await schedulers[0]?.restart();
  expect(await schedulers[1]?.stop()).toEqual({ code: 0, signal: null });
  await job.say("the other stopped, ");
  job.end("done");
  expect(await job.following).toMatchObject(
    succeededWith("begun, one stopped, the other stopped, done"),
  );
  await schedulers[1]?.restart();
  await check();
});

test("a watch continues through the other gateway when one is killed or stopped", async () => {
  const { gateways, caller, begin, check } = await setup();
  const job = await begin();
  const millrace = connectMillrace({
    address: gateways.map(({ addresses }) => addresses.address ?? ""),
    apiKey: caller.apiKey,
  });
  onTestFinished(() => millrace.close());
  const read = (async () => {
    const texts: string[] = [];
    for await (const event of millrace.watch(job.jobId)) {
      if (event.kind === "text") texts.push(event.text);
    }
    return texts;
  })();
  await gateways[0]?.kill();
  await job.say("one killed, ");
  await gateways[0]?.restart();
  expect(await gateways[1]?.stop()).toEqual({ code: 0, signal: null });
  await job.say("the other stopped, ");
  job.end("done");
  expect(await job.following).toMatchObject(
    succeededWith("begun, one killed, the other stopped, done"),
  );
  expect((await read).join("")).toBe("begun, one killed, the other stopped, done");
  await gateways[1]?.restart();
  await check();
});
