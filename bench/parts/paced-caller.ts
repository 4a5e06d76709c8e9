/** Submits jobs at a fixed rate and follows each to its end. Environment: ADDRESS, API_KEY. */
import { setTimeout as sleep } from "node:timers/promises";
import { connectMillrace } from "@millrace/client";
import { serveParent } from "./child.ts";
import { type Latency, latencyOf } from "./latency.ts";
import { payload } from "./payload.ts";

export interface Pace {
  readonly perSecond: number;
  readonly seconds: number;
  /** Pieces of text that each job writes, and that the caller reads. With none, it waits for the result. */
  readonly chunks: number;
}

/** The latency is from the time at which a job was due, so a caller that comes late does not hide its delay. */
export interface PaceOutcome {
  readonly jobs: number;
  readonly latency: Latency;
}

const millrace = connectMillrace({
  address: process.env.ADDRESS ?? "",
  apiKey: process.env.API_KEY ?? "",
});

async function follow(chunks: number): Promise<void> {
  const job = { queue: "bench", type: "noop", payload: { ...payload, chunks } };
  if (chunks === 0) {
    await millrace.run(job);
    return;
  }
  const { jobId } = await millrace.submit(job);
  let seen = 0;
  for await (const { text } of millrace.text(jobId)) seen += text.length;
  if (seen !== chunks) throw new Error(`a job wrote ${chunks} chunks, and ${seen} were seen`);
}

async function keepPace({ perSecond, seconds, chunks }: Pace): Promise<PaceOutcome> {
  const beganMs = performance.now();
  const jobs = Math.round(perSecond * seconds);
  const followed: Promise<number>[] = [];
  for (let job = 0; job < jobs; job += 1) {
    const dueMs = beganMs + (job * 1_000) / perSecond;
    const early = dueMs - performance.now();
    if (early > 0) await sleep(early);
    followed.push(follow(chunks).then(() => performance.now() - dueMs));
  }
  return { jobs, latency: latencyOf(await Promise.all(followed)) };
}

await serveParent(async () => ({
  answer: keepPace,
  close: async () => millrace.close(),
}));
