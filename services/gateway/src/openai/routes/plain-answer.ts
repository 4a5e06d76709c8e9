import type { Job, JobSpec } from "@millrace/proto/job";
import type { HttpAnswer } from "@millrace/runtime";
import { type Context, finishedJob } from "../jobs/run-job.ts";
import { jsonWhenReady } from "../streams/keep-alive.ts";
import { jobHeader, type OpenAiParts } from "./route-parts.ts";

/** Runs a job, and answers with what `write` makes of it. */
export function plainAnswer(
  { parts, clock, syncWaitMs }: OpenAiParts,
  spec: JobSpec,
  context: Context,
  write: (job: Job) => Promise<string>,
): Promise<HttpAnswer> {
  const reply = async () => {
    const job = await finishedJob(parts, spec, context, syncWaitMs);
    return { json: await write(job), headers: jobHeader(job.id) };
  };
  return jsonWhenReady(reply(), clock);
}
