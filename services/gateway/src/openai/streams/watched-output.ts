import { create } from "@bufbuild/protobuf";
import { type Job, JobSchema, JobState, type OutputChunk } from "@millrace/proto/job";
import { WatchJobRequestSchema, WatchJobResponseSchema } from "@millrace/proto/job-service";
import { limits } from "@millrace/shared";
import type { GatewayParts } from "../../gateway-parts.ts";
import { watchJob } from "../../handlers/watch-job.ts";
import { hasFinished } from "../../messages/has-finished.ts";
import { isObject, type JsonObject } from "../jobs/read-call.ts";
import type { Context } from "../jobs/run-job.ts";

/** What a job of a model shows while it runs. */
export type Output =
  /** An event of the provider, as its worker stored it. */
  | { readonly kind: "event"; readonly json: string; readonly event: JsonObject }
  /** Another attempt begins, from the start. Each watch of the job sees it at the same place. */
  | { readonly kind: "reset" }
  /** The attempt has failed or been lost, and the job waits for another one. */
  | { readonly kind: "stopped" }
  | { readonly kind: "ended"; readonly job: Job };

const isWhole = (bytes: Uint8Array): boolean => bytes.length < limits.chunkBytes;

/** Reads the events of an output, in order. */
class EventReader {
  /** The beginning of an event that is longer than a chunk. */
  #begun: Uint8Array[] = [];

  /** What is not JSON is no event: other programs may write what they like into their output. */
  read({ content }: OutputChunk): Output | undefined {
    if (content.case === "reset") {
      this.#begun = [];
      return { kind: "reset" };
    }
    if (content.case !== "data") return undefined;
    // Workers end each event with a line feed, which is not a part of it.
    const json = Buffer.concat([...this.#begun, content.value])
      .toString("utf8")
      .trimEnd();
    const event = parsed(json);
    // An event that is longer than a chunk fills all of its chunks but the last.
    if (event === undefined && !isWhole(content.value)) this.#begun.push(content.value);
    else this.#begun = [];
    return event === undefined ? undefined : { kind: "event", json, event };
  }
}

function parsed(json: string): JsonObject | undefined {
  try {
    const event: unknown = JSON.parse(json);
    return isObject(event) ? event : undefined;
  } catch {
    return undefined;
  }
}

/** Watches a job by the handler of WatchJob: all output of the attempts from `firstAttempt` on, and the job's end. */
export async function* watchedOutput(
  parts: GatewayParts,
  jobId: string,
  context: Context,
  firstAttempt = 0,
): AsyncGenerator<Output> {
  const request = create(WatchJobRequestSchema, { jobId, fromOffset: 0n });
  const reader = new EventReader();
  let ran = false;
  for await (const response of watchJob(parts)(request, context)) {
    const { event } = create(WatchJobResponseSchema, response);
    if (event.case === "chunks") {
      for (const chunk of event.value.chunks) {
        const output = chunk.attempt < firstAttempt ? undefined : reader.read(chunk);
        if (output !== undefined) yield output;
      }
    }
    if (event.case !== "job") continue;
    const job = create(JobSchema, event.value);
    if (hasFinished(job)) return yield { kind: "ended", job };
    const runs = job.state === JobState.RUNNING;
    if (ran && !runs) yield { kind: "stopped" };
    ran ||= runs;
  }
}
