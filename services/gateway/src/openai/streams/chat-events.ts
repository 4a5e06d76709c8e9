import { errorTypeOf } from "@millrace/job-types";
import { type Job, type JobSpec, JobState } from "@millrace/proto/job";
import type { GatewayParts } from "../../gateway-parts.ts";
import { hasFinished } from "../../messages/has-finished.ts";
import { errorOfJob } from "../jobs/job-error.ts";
import { isObject, type JsonObject } from "../jobs/read-call.ts";
import { resultObject } from "../jobs/result-of-job.ts";
import { abandon, type Context, cancelled } from "../jobs/run-job.ts";
import { OpenAiFault } from "../openai-fault.ts";
import { StreamedCompletion } from "./streamed-completion.ts";
import { watchedOutput } from "./watched-output.ts";

/** The answer has begun, and the attempt that wrote it is over. A new one would begin it again, in other words. */
const interrupted = () =>
  new OpenAiFault({
    status: 502,
    message:
      "the answer was interrupted after it had begun, and is not begun again: repeat the call",
    ...{ type: errorTypeOf(502), param: null, code: "answer_interrupted", retry: false },
  });

/** The event that only usage is in. Workers ask providers for it, so that usage is counted. */
const isUsageOnly = ({ choices, usage }: JsonObject): boolean =>
  Array.isArray(choices) && choices.length === 0 && isObject(usage);

const asksForUsage = ({ stream_options: options }: JsonObject): boolean =>
  isObject(options) && options.include_usage === true;

/** The attempt whose answer is relayed. A job that another call has submitted may have failed attempts. */
const shownAttempt = ({ attempt, state }: Job): number =>
  hasFinished({ state }) || state === JobState.RUNNING ? attempt : attempt + 1;

export interface ChatStream {
  readonly parts: GatewayParts;
  readonly job: Job;
  readonly spec: JobSpec;
  readonly body: JsonObject;
  readonly context: Context;
}

const written = (json: string): string => `data: ${json}\n\n`;

/**
 * Relays the provider's events of a chat completion. Before the first of them, a failed attempt is followed by another one, of
 * which the caller sees nothing. After it, the job is cancelled, and the caller gets an error: it never gets an answer twice.
 * The job is also cancelled if the caller leaves.
 */
export async function* chatEvents(stream: ChatStream): AsyncGenerator<string> {
  const { parts, job, spec, body, context } = stream;
  const draining = new AbortController();
  const streamed = new StreamedCompletion();
  let begun = false;
  let isOver = false;
  // An answer that has begun is relayed to its end, as far as the gateway has time for it.
  const onDraining = () => void (begun || draining.abort());
  context.draining.addEventListener("abort", onDraining);
  try {
    if (context.draining.aborted) onDraining();
    const watching = { ...context, draining: draining.signal };
    const watched = watchedOutput(parts, job.id, watching, shownAttempt(job));
    for await (const output of watched) {
      if (output.kind === "reset" || output.kind === "stopped") {
        if (!begun) continue;
        await cancelled(parts, job.id, "its answer was interrupted", context);
        isOver = true;
        throw interrupted();
      } else if (output.kind === "event") {
        if (isUsageOnly(output.event) && !asksForUsage(body)) continue;
        begun = true;
        streamed.add(output.event);
        yield written(output.json);
      } else {
        isOver = true;
        if (output.job.state !== JobState.SUCCEEDED) throw new OpenAiFault(errorOfJob(output.job));
        const rest = streamed.rest(await resultObject(parts, output.job, context.identity.keyId));
        if (rest !== undefined) yield written(JSON.stringify(rest));
        yield written("[DONE]");
      }
    }
  } finally {
    context.draining.removeEventListener("abort", onDraining);
    if (!isOver) await abandon(parts, spec, job.id, context);
  }
}
