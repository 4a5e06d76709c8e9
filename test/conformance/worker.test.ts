// Runs worker programs against a whole Millrace. README.md says what a program must do.
import { connectMillrace, type Job, type NewJob } from "@millrace/client";
import { type LocalSystem, startSystem } from "@millrace/local";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import {
  startProgram,
  WORKER_TOKEN,
  type WorkerProgram,
  workerPrograms,
} from "./worker-program.ts";

const LEASE_MS = 3_000;
/** Long enough for a machine that is busy with other tests. */
const TIMEOUT_MS = 180_000;

const lines = Array.from({ length: 12 }, (_, index) => `line ${index} of a long text`);
const job = (type: string, payload: object = {}, more: Partial<NewJob> = {}): NewJob => ({
  queue: "documents",
  type,
  payload,
  ...more,
});
const countWords = (payload: object, more: Partial<NewJob> = {}) =>
  job("count-words", payload, more);
const slowJob = (more: Partial<NewJob> = {}) =>
  countWords({ text: lines.join("\n"), pauseSeconds: 0.1 }, more);
const written = lines.map((line) => `${line}: 6\n`).join("");
type Millrace = ReturnType<typeof connectMillrace>;

/** A system that all tests of one group share, and a client of it. */
function sharedSystem(scheduler: Readonly<Record<string, string>> = {}) {
  let system: LocalSystem | undefined;
  let millrace: Millrace | undefined;
  beforeAll(async () => {
    const settings = { scheduler: { MILLRACE_WORKER_TOKEN: WORKER_TOKEN, ...scheduler } };
    system = await startSystem({ workers: 0, settings });
    millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await millrace?.close();
    await system?.[Symbol.asyncDispose]();
  });
  return () => {
    if (system === undefined || millrace === undefined)
      throw new Error("the system has not started");
    return { system, millrace };
  };
}

/** Runs a job of a type that a worker need not have. If it has not, the test is skipped, or fails for a worker with all types. */
async function runIfServed(
  millrace: Millrace,
  { servesAllTypes }: WorkerProgram,
  { skip }: TestContext,
  given: NewJob,
): Promise<Job<Record<string, unknown>>> {
  // A worker that has run a job is connected, so an explanation is about its types.
  await millrace.run(countWords({ text: "connected" }));
  const { jobId } = await millrace.submit(given);
  const { constraints } = await millrace.explain(jobId);
  if (constraints.some(({ kind }) => kind === "NO_WORKER")) {
    await millrace.cancel(jobId);
    const why = `the worker has no executor for ${given.type}`;
    if (servesAllTypes === true) throw new Error(why);
    skip(why);
  }
  return millrace.wait(jobId);
}

describe.each(workerPrograms())(
  "$name",
  (program) => {
    const only = program.onlyCountsWords === true;
    const skipped = program.skipped === true;
    describe.skipIf(skipped)("in an ordinary system", () => {
      const parts = sharedSystem();

      test("runs more jobs than it has slots, and reports why one fails", async () => {
        const { system, millrace } = parts();
        const worker = startProgram(program, system, { MILLRACE_SLOTS: "2" });
        const texts = Array.from({ length: 20 }, (_, index) => `a whale and number ${index}`);
        const done = Promise.all(texts.map((text) => millrace.run(countWords({ text }))));
        expect((await worker.meanwhile(done)).map(({ result }) => result)).toEqual(
          texts.map(() => expect.objectContaining({ words: 5 })),
        );
        await expect(millrace.run(countWords({}))).rejects.toMatchObject({ reason: "MALFORMED" });
      });

      test("stops a cancelled job", async () => {
        const { system, millrace } = parts();
        const worker = startProgram(program, system);
        const { jobId } = await millrace.submit(slowJob());
        let cancelled = false;
        const watched = async () => {
          for await (const event of millrace.watch(jobId)) {
            if (event.kind !== "text" || cancelled) continue;
            cancelled = true;
            await millrace.cancel(jobId);
          }
        };
        await worker.meanwhile(watched());
        expect(await millrace.getJob(jobId)).toMatchObject({ state: "CANCELLED" });
      });

      test.skipIf(only)("stops a job at its deadline", async () => {
        const { system, millrace } = parts();
        const worker = startProgram(program, system);
        await worker.meanwhile(millrace.run(countWords({ text: "connected" })));
        const deadline = new Date(Date.now() + 1_000);
        const { jobId } = await millrace.submit(
          countWords({ text: lines.join("\n"), pauseSeconds: 1 }, { deadline }),
        );
        expect(await worker.meanwhile(millrace.wait(jobId))).toMatchObject({ state: "EXPIRED" });
      });

      test("hands back unfinished jobs after its drain time, and exits", async () => {
        const { system, millrace } = parts();
        const first = startProgram(program, system, { MILLRACE_DRAIN_MS: "0" });
        const { jobId } = await millrace.submit(slowJob());
        let terminated = false;
        let handedBack = false;
        const watched = async () => {
          for await (const event of millrace.watch(jobId)) {
            if (event.kind === "text" && !terminated) {
              first.terminate();
              terminated = true;
            }
            if (event.kind === "job" && event.job.state === "QUEUED" && terminated) {
              handedBack = true;
              startProgram(program, system);
            }
          }
        };
        await watched();
        expect(handedBack).toBe(true);
        expect(await first.ended).toBe(0);
        expect(await millrace.getJob(jobId)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
      });

      test.skipIf(only)("lets running jobs end while it drains", async () => {
        const { system, millrace } = parts();
        const worker = startProgram(program, system);
        const { jobId } = await millrace.submit(slowJob());
        let terminated = false;
        for await (const event of millrace.watch(jobId)) {
          if (event.kind !== "text" || terminated) continue;
          terminated = true;
          worker.terminate();
        }
        expect(await worker.ended).toBe(0);
        expect(await millrace.getJob(jobId)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
      });

      test.skipIf(only)("ends with an error if its token is refused", async () => {
        const { system } = parts();
        const worker = startProgram(program, system, { MILLRACE_WORKER_TOKEN: "another-token" });
        const code = await worker.ended;
        expect(code).not.toBe(0);
        expect(code).not.toBeNull();
      });

      test.skipIf(only)("resumes after a fan-out", async (context) => {
        const { system, millrace } = parts();
        const worker = startProgram(program, system, { MILLRACE_SLOTS: "1" });
        const summed = runIfServed(
          millrace,
          program,
          context,
          job("sum-squares", { numbers: [1, 2, 3, 4] }),
        );
        expect(await worker.meanwhile(summed)).toMatchObject({ attempt: 1, result: { sum: 30 } });
      });

      test.skipIf(only)(
        "gives the next attempt the checkpoint of the one before",
        async (context) => {
          const { system, millrace } = parts();
          const worker = startProgram(program, system);
          const retry = { maxAttempts: 2, initialBackoffMs: 10 };
          const resumed = runIfServed(millrace, program, context, job("resume", {}, { retry }));
          expect(await worker.meanwhile(resumed)).toMatchObject({
            attempt: 2,
            result: { checkpoint: { attempt: 1 } },
          });
        },
      );

      test.skipIf(only)("reads documents", async (context) => {
        const { system, millrace } = parts();
        const worker = startProgram(program, system);
        const bytes = 300_000;
        const document = await millrace.uploadDocument(Buffer.alloc(bytes, "a whale "));
        const given = job("document-bytes", {}, { documentIds: [document.id] });
        expect(
          await worker.meanwhile(runIfServed(millrace, program, context, given)),
        ).toMatchObject({
          result: { bytes },
        });
      });

      test.skipIf(only)("reports the usage of a failed attempt", async (context) => {
        const { system, millrace } = parts();
        const worker = startProgram(program, system);
        const spent = await worker.meanwhile(runIfServed(millrace, program, context, job("spend")));
        expect(spent).toMatchObject({
          state: "FAILED",
          failure: { reason: "SPENT" },
          usage: { inputTokens: 11, outputTokens: 7, providerCalls: 1 },
        });
      });

      // The last one, because it restarts what the others share.
      test("keeps its lease when its scheduler is killed, and repeats no output", async () => {
        const { system, millrace } = parts();
        const worker = startProgram(program, system);
        const { jobId } = await millrace.submit(slowJob());
        let text = "";
        const watched = async () => {
          for await (const event of millrace.watch(jobId)) {
            expect(event.kind).not.toBe("reset");
            if (event.kind !== "text") continue;
            if (text === "") {
              await system.schedulers[0]?.kill();
              await system.schedulers[0]?.restart();
            }
            text += event.text;
          }
        };
        await worker.meanwhile(watched());
        expect(text).toBe(written);
        expect(await millrace.getJob(jobId)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
      });
    });

    describe.skipIf(skipped || only)("with short leases", () => {
      const parts = sharedSystem({ MILLRACE_LEASE_MS: String(LEASE_MS) });

      test("keeps its lease while a job waits, and while it computes, for three leases", async (context) => {
        const { system, millrace } = parts();
        const worker = startProgram(program, system);
        const seconds = (3 * LEASE_MS) / 1_000;
        const waited = millrace.run(countWords({ text: "one", pauseSeconds: seconds }));
        expect(await worker.meanwhile(waited)).toMatchObject({ attempt: 1, stalls: 0 });
        const computed = runIfServed(millrace, program, context, job("compute", { seconds }));
        expect(await worker.meanwhile(computed)).toMatchObject({
          result: { attempt: 1 },
          stalls: 0,
        });
      });
    });
  },
  TIMEOUT_MS,
);
