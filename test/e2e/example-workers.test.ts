// Runs the workers of examples/ against a whole Millrace. They show what the worker protocol requires in any
// language.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { connectMillrace, type NewJob } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { describe, expect, onTestFinished, test } from "vitest";
import { generatedForPython, python } from "./python.ts";

const examples = join(import.meta.dirname, "../../examples");

const workers = [
  {
    name: "the worker in TypeScript",
    program: process.execPath,
    main: join(examples, "typescript-worker/word-count.ts"),
    generated: () => ({}),
    skipped: false,
  },
  {
    name: "the worker in Python (needs MILLRACE_PYTHON)",
    program: python ?? "python3",
    main: join(examples, "python-worker/word_count.py"),
    generated: () =>
      generatedForPython(
        "millrace/workers/v1/worker_service.proto",
        "millrace/documents/v1/document_service.proto",
        "millrace/jobs/v1/group.proto",
        "millrace/jobs/v1/job.proto",
        "millrace/webhooks/v1/webhook_endpoint.proto",
        "buf/validate/validate.proto",
      ),
    skipped: python === undefined,
  },
];

const lines = Array.from({ length: 12 }, (_, index) => `line ${index} of a long text`);
const job = (payload: object): NewJob => ({ queue: "documents", type: "count-words", payload });
const slowJob = job({ text: lines.join("\n"), pauseSeconds: 0.1 });
const written = lines.map((line) => `${line}: 6\n`).join("");

describe.each(workers)("$name", ({ program, main, generated, skipped }) => {
  async function setup() {
    const token = "a-token-for-workers";
    const system = await startSystem({
      workers: 0,
      settings: { scheduler: { MILLRACE_WORKER_TOKEN: token } },
    });
    onTestFinished(() => system[Symbol.asyncDispose]());
    const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
    onTestFinished(() => millrace.close());
    const startWorker = (settings: Readonly<Record<string, string>> = {}) => {
      const child = spawn(program, [main], {
        env: {
          PATH: process.env.PATH,
          ...generated(),
          MILLRACE_SCHEDULER_ADDRESS: system.workerTarget,
          MILLRACE_WORKER_TOKEN: token,
          ...settings,
        },
        stdio: "ignore",
      });
      const ended = once(child, "exit");
      onTestFinished(async () => {
        child.kill("SIGKILL");
        await ended;
      });
      return { terminate: () => child.kill("SIGTERM"), ended };
    };
    return { system, millrace, startWorker };
  }

  test.skipIf(skipped)("runs more jobs than it has slots, and reports why one fails", async () => {
    const { millrace, startWorker } = await setup();
    startWorker({ MILLRACE_SLOTS: "2" });
    const texts = Array.from({ length: 20 }, (_, index) => `a whale and number ${index}`);
    const done = await Promise.all(texts.map((text) => millrace.run(job({ text }))));
    expect(done.map(({ result }) => result)).toEqual(
      texts.map(() => expect.objectContaining({ words: 5 })),
    );
    await expect(millrace.run(job({}))).rejects.toMatchObject({ reason: "MALFORMED" });
  });

  test.skipIf(skipped)(
    "keeps its lease when its scheduler is killed, and repeats no output",
    async () => {
      const { system, millrace, startWorker } = await setup();
      startWorker();
      const { jobId } = await millrace.submit(slowJob);
      let text = "";
      for await (const event of millrace.watch(jobId)) {
        expect(event.kind).not.toBe("reset");
        if (event.kind !== "text") continue;
        if (text === "") {
          await system.schedulers[0]?.kill();
          await system.schedulers[0]?.restart();
        }
        text += event.text;
      }
      expect(text).toBe(written);
      expect(await millrace.getJob(jobId)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
    },
  );

  test.skipIf(skipped)("stops a cancelled job", async () => {
    const { millrace, startWorker } = await setup();
    startWorker();
    const { jobId } = await millrace.submit(slowJob);
    let cancelled = false;
    for await (const event of millrace.watch(jobId)) {
      if (event.kind !== "text" || cancelled) continue;
      cancelled = true;
      await millrace.cancel(jobId);
    }
    expect(await millrace.getJob(jobId)).toMatchObject({ state: "CANCELLED" });
  });

  test.skipIf(skipped)("hands back unfinished jobs after its drain time, and exits", async () => {
    const { millrace, startWorker } = await setup();
    const first = startWorker({ MILLRACE_DRAIN_MS: "0" });
    const { jobId } = await millrace.submit(slowJob);
    let terminated = false;
    let handedBack = false;
    for await (const event of millrace.watch(jobId)) {
      if (event.kind === "text" && !terminated) terminated = first.terminate();
      if (event.kind === "job" && event.job.state === "QUEUED" && terminated) {
        handedBack = true;
        startWorker();
      }
    }
    expect(handedBack).toBe(true);
    expect(await first.ended).toEqual([0, null]);
    expect(await millrace.getJob(jobId)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  });
});
