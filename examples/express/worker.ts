// The slow work of before.ts, as a worker: start as many as the work needs, on any machine.
import { defineExecutor, startWorker } from "@millrace/worker-sdk";
import { z } from "zod";
import { summarize } from "./summarize.ts";

const token = process.env.MILLRACE_WORKER_TOKEN;

startWorker({
  address: process.env.MILLRACE_SCHEDULER_ADDRESS ?? "127.0.0.1:7072",
  ...(token === undefined ? {} : { token }),
  queues: ["summaries"],
  slots: 8,
  executors: {
    "summarize-text": defineExecutor(
      z.object({ text: z.string() }),
      async ({ payload, progress, signal }) => {
        const report = (done: number, total: number) => progress(done, total, "paragraphs");
        return { summary: await summarize(payload.text, { progress: report, signal }) };
      },
    ),
  },
  drainOnSignal: true,
});
