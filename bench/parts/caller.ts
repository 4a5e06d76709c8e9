/** Submits jobs and sees them finish, with a fixed number in flight. Environment: ADDRESS, API_KEY. */

import { JobState } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { grpcClient } from "@millrace/runtime";
import { serveParent } from "./child.ts";
import { payload } from "./payload.ts";
import { type Outcome, Progress } from "./progress.ts";

export interface Round {
  readonly way: "SubmitStream" | "SubmitJob";
  readonly jobs: number;
  readonly inFlight: number;
}

/** The time until the last job that was done. */
export interface RoundOutcome extends Outcome {
  readonly seconds: number;
}

const payloadJson = JSON.stringify(payload);
const spec = () => ({
  queue: "bench",
  type: "noop",
  payload: { case: "payloadJson" as const, value: payloadJson },
});
const client = grpcClient(JobService, process.env.ADDRESS ?? "", {
  token: process.env.API_KEY ?? "",
});

/** Uses one stream in both directions. For each finished job it submits another. */
async function submitStream({ jobs, inFlight }: Round, progress: Progress): Promise<void> {
  const call = client.rpc.submitStream();
  let sent = 0;
  let finished = 0;
  const send = async (count: number) => {
    const streamed = Array.from({ length: Math.min(count, jobs - sent) }, (_, index) => ({
      sequence: BigInt(sent + index),
      job: spec(),
    }));
    const notifyFinished = sent === 0;
    sent += streamed.length;
    if (streamed.length > 0) await call.write({ jobs: streamed, notifyFinished });
  };
  await send(inFlight);
  for await (const response of call.responses) {
    for (const { result } of response.results) {
      if (result?.result.case !== "jobId")
        throw new Error(`refused: ${result?.result.value?.message}`);
    }
    const done = response.finished.length;
    if (done === 0) continue;
    if (response.finished.some(({ state }) => state !== JobState.SUCCEEDED))
      throw new Error("failed");
    finished += done;
    progress.step(done);
    await send(done);
    if (finished === jobs) break;
  }
}

/** Makes one call for each job, which returns when the job has finished. */
async function submitJob({ jobs, inFlight }: Round, progress: Progress): Promise<void> {
  let sent = 0;
  const one = async () => {
    while (sent < jobs) {
      sent += 1;
      const { job } = await client.rpc.submitJob({ job: spec(), wait: { seconds: 60n, nanos: 0 } });
      if (job?.state !== JobState.SUCCEEDED) throw new Error(`the job ended as ${job?.state}`);
      progress.step();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
}

await serveParent(async () => {
  await client.ready(10_000);
  return {
    async answer(round: Round): Promise<RoundOutcome> {
      const startedMs = performance.now();
      const progress = new Progress();
      const submit = round.way === "SubmitStream" ? submitStream : submitJob;
      const outcome = await progress.until(submit(round, progress), round.jobs);
      const seconds = (performance.now() - startedMs - outcome.idleMs) / 1_000;
      return { ...outcome, seconds };
    },
    close: async () => client.close(),
  };
});
