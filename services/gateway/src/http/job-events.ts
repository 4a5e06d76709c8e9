import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { JobSchema, type OutputChunk, OutputChunkSchema } from "@millrace/proto/job";
import {
  JobService,
  WatchJobRequestSchema,
  WatchJobResponseSchema,
} from "@millrace/proto/job-service";
import { type CallHeaders, rpcError } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { z } from "zod";
import type { GatewayParts } from "../gateway-parts.ts";
import { watchJob } from "../handlers/watch-job.ts";
import { hasFinished } from "../messages/has-finished.ts";
import { jobJson } from "../messages/job-json.ts";
import { queryJobToken } from "./query-job-token.ts";
import { readQuery } from "./read-query.ts";
import type { GatewayRoute } from "./route-description.ts";
import { eventsAnswer, eventText, untilFault } from "./server-sent-events.ts";

const LAST_OFFSET = 2n ** 64n - 1n;

/** An offset in decimal digits, below 2^64 as in the contract. */
const offset = z
  .string()
  .regex(/^\d{1,20}$/, "must be an offset in decimal digits, such as 0")
  .transform(BigInt)
  .refine((value) => value <= LAST_OFFSET, "must be below 2^64");

const parameters = { from: offset.prefault("0") };

/** Starts after the last event that a reconnecting client received, else at the query's offset. */
function startOf(headers: CallHeaders, from: bigint): bigint {
  const last = headers.get("last-event-id");
  if (last === undefined || last === "") return from;
  const seen = offset.safeParse(last);
  // No offset follows the largest one, so it is refused.
  if (seen.success && seen.data < LAST_OFFSET) return seen.data + 1n;
  const description = "must be the id of an event: an offset below 2^64 - 1";
  throw rpcError({
    reason: "MALFORMED",
    message: `Last-Event-ID: ${description}, not ${JSON.stringify(last.slice(0, 40))}`,
    violations: [{ field: "Last-Event-ID", description }],
  });
}

/** Writes a chunk as an event. The event's id is the offset, and its name is the kind of content. */
const chunkEvent = (chunk: OutputChunk): string => {
  const json = JSON.stringify(toJson(OutputChunkSchema, chunk, { alwaysEmitImplicit: true }));
  return `id: ${chunk.offset}\nevent: ${chunk.content.case}\ndata: ${json}\n\n`;
};

/** It has no id, so that a client that reconnects continues after the last chunk that it received. */
const jobEvent = (job: MessageInitShape<typeof JobSchema>): string =>
  eventText("job", jobJson(create(JobSchema, job)));

/** `onFinal` is called before the event of the job's final state. */
async function* eventsOf(
  responses: AsyncIterable<MessageInitShape<typeof WatchJobResponseSchema>>,
  onFinal: () => void,
): AsyncGenerator<string> {
  for await (const response of responses) {
    const { event } = create(WatchJobResponseSchema, response);
    if (event.case === "job" && hasFinished(create(JobSchema, event.value))) onFinal();
    if (event.case === "job") yield jobEvent(event.value);
    if (event.case === "chunks") yield event.value.chunks.map(chunkEvent).join("");
  }
}

/** GET /v1/jobs/{id}/events: sends the job and its output as server-sent events, until its final state. */
export function jobEventsRoute(parts: GatewayParts, clock: Clock): GatewayRoute {
  const watch = watchJob(parts);
  return {
    method: "GET",
    path: "/v1/jobs/{id}/events",
    rpc: JobService.method.watchJob,
    queryCredential: queryJobToken,
    described: {
      query: parameters,
      fields: { from: "from_offset" },
      headers: ["last-event-id"],
      answers: {
        200: {
          about:
            "The job and its output, until its final state. Events other than `job` are chunks.",
          events: {
            job: JobSchema,
            text: OutputChunkSchema,
            data: OutputChunkSchema,
            progress: OutputChunkSchema,
            reset: OutputChunkSchema,
          },
        },
      },
      reasons: ["JOB_NOT_FOUND", "OUTPUT_GONE", "TOO_MANY_STREAMS"],
    },
    async handle({ params, query, headers }, context) {
      const fromOffset = startOf(headers, readQuery(query, parameters).from);
      const request = create(WatchJobRequestSchema, { jobId: params.id ?? "", fromOffset });
      let isComplete = false;
      const events = eventsOf(watch(request, context), () => {
        isComplete = true;
      });
      return eventsAnswer(
        untilFault(events, () => isComplete),
        clock,
      );
    },
  };
}
