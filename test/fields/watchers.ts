/** The watchers of a job, one for each way, with what each saw in the contract's own messages. */
import { create, fromJson, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import { type Job, type OutputChunk, OutputChunkSchema } from "@millrace/proto/job";
import { type WatchJobResponse, WatchJobResponseSchema } from "@millrace/proto/job-service";
import { Heard } from "../faults/heard.ts";
import { jobOfClient, jobOfHttp } from "./job-ways.ts";
import type { World } from "./world.ts";

type Events = AsyncIterable<MessageInitShape<typeof WatchJobResponseSchema>>;

/** The watchers, by the name of the way. */
export const watchersOf = (world: World): Readonly<Record<string, (jobId: string) => Events>> => ({
  "WatchJob response": (jobId) => world.jobs.watchJob({ jobId }),
  "Watch response": async function* (jobId) {
    const request = { keyId: world.keyId, watch: { jobId } };
    for await (const { event } of world.scheduler.watch(request)) if (event) yield event;
  },
  "AdminService.WatchJob response": async function* (jobId) {
    for await (const { event } of world.admin.watchJob({ jobId })) if (event) yield event;
  },
  "HTTP GET /v1/jobs/{id}/events": (jobId) => eventsOfHttp(world, `/v1/jobs/${jobId}/events`),
  "client watch": (jobId) => eventsOfClient(world.millrace.watch(jobId)),
  "millrace watch": (jobId) => eventsOfClient(world.cliLines("watch", jobId)),
});

export async function* eventsOfHttp(world: World, path: string): Events {
  const { body } = await world.http(path);
  if (body === null) throw new Error(`${path} has no body`);
  let text = "";
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const lines = new Map(
        event.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
      );
      const data = JSON.parse(lines.get("data") ?? "null") as JsonObject | null;
      if (data === null) continue;
      if (lines.get("event") === "job") yield { event: { case: "job", value: jobOfHttp(data) } };
      else yield chunkEvent(fromJson(OutputChunkSchema, data));
    }
  }
}

const chunkEvent = (chunk: OutputChunk) => ({
  event: { case: "chunks" as const, value: { chunks: [chunk] } },
});

/** Converts the client's events, or the command's lines, which are the same in JSON. */
async function* eventsOfClient(events: AsyncIterable<unknown>): Events {
  for await (const event of events) {
    const { data } = event as { data?: unknown };
    const bytes = data instanceof Uint8Array ? { data: Buffer.from(data).toString("base64") } : {};
    const plain = JSON.parse(JSON.stringify({ ...(event as object), ...bytes })) as JsonObject;
    const { kind, job, offset, attempt, time, ...content } = plain;
    if (kind === "job") {
      yield { event: { case: "job", value: jobOfClient(job as JsonObject) } };
      continue;
    }
    const held = kind === "text" || kind === "data" ? content[kind] : content;
    const piece = { offset, attempt, time, [String(kind)]: held } as JsonObject;
    yield chunkEvent(fromJson(OutputChunkSchema, piece));
  }
}

/** What one watcher has seen of one job. */
export class Watched {
  readonly #heard = new Heard<WatchJobResponse>();
  readonly ended: Promise<void>;

  constructor(events: Events) {
    this.ended = this.#read(events);
  }

  async #read(events: Events): Promise<void> {
    for await (const event of events) this.#heard.add(create(WatchJobResponseSchema, event));
    this.#heard.end("the watch has ended");
  }

  /** Resolves once the watcher has seen the current job. */
  async begun(): Promise<void> {
    await Promise.race([
      this.#heard.until(({ event }) => event.case === "job"),
      this.ended.then(() => undefined),
    ]);
  }

  get jobs(): Job[] {
    return this.#heard.items.flatMap(({ event }) => (event.case === "job" ? [event.value] : []));
  }

  get chunks(): OutputChunk[] {
    return this.#heard.items.flatMap(({ event }) =>
      event.case === "chunks" ? event.value.chunks : [],
    );
  }
}
