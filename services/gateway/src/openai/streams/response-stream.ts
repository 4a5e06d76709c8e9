import { type Job, JobState } from "@millrace/proto/job";
import type { GatewayParts } from "../../gateway-parts.ts";
import type { JsonObject } from "../jobs/read-call.ts";
import { readCompletedResponse } from "../jobs/read-response.ts";
import { emptyResponse, ownResponse } from "../jobs/response-object.ts";
import { type Context, cancelled } from "../jobs/run-job.ts";
import { ResponseEvents } from "./response-events.ts";
import { watchedOutput } from "./watched-output.ts";

export interface ResponseStream {
  readonly parts: GatewayParts;
  readonly job: Job;
  /** The job's payload. */
  readonly body: JsonObject;
  readonly context: Context;
  /** Only events with a higher number are sent. */
  readonly startingAfter?: number | undefined;
  /** The caller of a response that is not in the background: without it, the job has no use. */
  readonly onlyCaller?: { leaves(): Promise<void> } | undefined;
}

const written = (event: JsonObject): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** The response as it was when its job was submitted: each stream begins with it, whenever it is read. */
const queued = (job: Job, body: JsonObject): JsonObject =>
  emptyResponse({ ...job, state: JobState.QUEUED }, body);

async function* eventsOf(stream: ResponseStream): AsyncGenerator<JsonObject> {
  const { parts, job, body, context, onlyCaller } = stream;
  const events = new ResponseEvents((theirs) => ownResponse(theirs, job, body));
  yield* events.begun(queued(job, body));
  // From the first output on, also if the caller has read a part: the numbers follow from all that came before.
  for await (const output of watchedOutput(parts, job.id, context)) {
    if (output.kind === "event") {
      const event = events.provided(output.event);
      if (event !== undefined) yield event;
    } else if (output.kind === "ended") {
      yield events.ended(await readCompletedResponse(parts, output.job, body, context));
      return;
    } else if (onlyCaller !== undefined && events.hasBegun) {
      // The caller is reading an answer, and would get another one from its beginning.
      await cancelled(parts, job.id, "its answer was interrupted", context);
      const error = {
        code: "server_error",
        message: "the answer was interrupted: repeat the call",
      };
      yield events.ended({ ...emptyResponse(job, body), status: "failed", error });
      return;
    } else if (output.kind === "reset") {
      yield* events.reset();
    }
  }
}

/** Streams a response from its beginning, or from where a caller has read it. */
export async function* responseStream(stream: ResponseStream): AsyncGenerator<string> {
  const { startingAfter = -1, onlyCaller, context } = stream;
  let isOver = false;
  try {
    for await (const event of eventsOf(stream)) {
      if (Number(event.sequence_number) > startingAfter) yield written(event);
    }
    isOver = true;
  } finally {
    // While this gateway stops, the caller can go on at another one: it has the response's id.
    if (!isOver && !context.draining.aborted) await onlyCaller?.leaves();
  }
}
