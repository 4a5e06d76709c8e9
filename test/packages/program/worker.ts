import { defineExecutor, startWorker } from "@millrace/worker-sdk";
import * as v from "valibot";
import { z } from "zod";

const countWords = defineExecutor(z.object({ text: z.string() }), async ({ payload, write }) => {
  await write("counting\n");
  return { words: payload.text.split(/\s+/).length };
});

const shout = defineExecutor<{ readonly text: string }, string>(
  v.object({ text: v.string() }),
  async ({ payload }) => payload.text.toUpperCase(),
);

/** What a job of count-words gives. */
export type Count = Awaited<ReturnType<typeof countWords>>;

const { WORKERS: address = "", QUEUE = "" } = process.env;
const worker = startWorker({
  address,
  queues: [QUEUE],
  executors: { "count-words": countWords, shout },
  drainOnSignal: { graceMs: 5_000 },
});
await worker.ended;
process.stdout.write("left\n");
