// Clients of a job's stream, one for each protocol, that do not use Millrace's own client. They know only what
// docs/http.md and the proto files say.
import { spawn } from "node:child_process";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { LocalSystem } from "@millrace/local";
import { JobState, type OutputChunk } from "@millrace/proto/job";
import {
  JobService,
  WatchJobRequestSchema,
  type WatchJobResponse,
  WatchJobResponseSchema,
} from "@millrace/proto/job-service";
import { EventSource } from "eventsource";
import { generatedForPython, python } from "../python.ts";

/** What a watcher received: the job in a state, or an output chunk. */
export type Sent =
  | { readonly kind: "job"; readonly state: string }
  | { readonly kind: "output"; readonly offset: number; readonly text: string };

export interface Watched {
  readonly system: LocalSystem;
  readonly apiKey: string;
  readonly jobId: string;
  readonly from?: number;
}

/** Yields everything that is sent. Ends when the stream has ended by its protocol, and throws if the stream was cut. */
export type Watch = (watched: Watched) => AsyncIterable<Sent>;

export interface Watcher {
  readonly name: string;
  readonly watch: Watch;
  /** True if the machine lacks what the watcher needs. */
  readonly skipped?: boolean;
}

const finals = ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"].map((name) => `JOB_STATE_${name}`);

/** Stops at the first final state, as docs/http.md tells its readers. */
const byEventSource = (fetchBy: typeof fetch): Watch =>
  async function* ({ system, apiKey, jobId, from = 0 }) {
    const url = `${system.httpUrl}/v1/jobs/${jobId}/events`;
    const source = new EventSource(url, {
      fetch: (address, init) => {
        const headers = { ...init.headers, authorization: `Bearer ${apiKey}` };
        // The header that the client sends by itself when its own connection was cut.
        const last = from > 0 ? { "last-event-id": String(from - 1) } : {};
        return fetchBy(address, { ...init, headers: { ...headers, ...last } } as RequestInit);
      },
    });
    const events = new ReadableStream<Sent>({
      start(controller) {
        source.addEventListener("job", ({ data }) => {
          const { state } = JSON.parse(data) as { state: string };
          controller.enqueue({ kind: "job", state });
          if (!finals.includes(state)) return;
          source.close();
          controller.close();
        });
        for (const kind of ["text", "data", "progress", "reset"]) {
          source.addEventListener(kind, ({ data, lastEventId }) => {
            const { text = kind } = JSON.parse(data) as { text?: string };
            controller.enqueue({ kind: "output", offset: Number(lastEventId), text });
          });
        }
        source.addEventListener("error", ({ message }) => {
          source.close();
          controller.error(new Error(`cut: ${message}`));
        });
      },
    });
    try {
      yield* events;
    } finally {
      source.close();
    }
  };

const http2Fetch = (async (address: string | URL, init: RequestInit) => {
  const { origin, pathname, search } = new URL(address);
  const session = connectHttp2(origin);
  session.on("error", () => undefined);
  const call = session.request({ ":path": pathname + search, ...(init.headers as object) });
  call.once("close", () => session.close());
  init.signal?.addEventListener("abort", () => session.destroy());
  const head = await new Promise<Record<string, string>>((resolve, reject) => {
    call.once("response", (headers) => resolve(headers as never));
    call.once("error", reject);
  });
  const type = { "content-type": String(head["content-type"]) };
  return new Response(Readable.toWeb(call) as ReadableStream, {
    ...{ status: Number(head[":status"]), headers: type },
  });
}) as typeof fetch;

const outputOf = ({ offset, content }: OutputChunk): Sent => ({
  kind: "output",
  offset: Number(offset),
  text: content.case === "text" ? content.value : String(content.case),
});

function* sentIn({ event }: WatchJobResponse): Generator<Sent> {
  if (event.case === "job")
    yield { kind: "job", state: `JOB_STATE_${JobState[event.value.state]}` };
  if (event.case === "chunks") yield* event.value.chunks.map(outputOf);
}

const byConnect = (transportTo: (url: string, withKey: Interceptor) => Transport): Watch =>
  async function* ({ system, apiKey, jobId, from = 0 }) {
    const withKey: Interceptor = (next) => (request) => {
      request.header.set("authorization", `Bearer ${apiKey}`);
      return next(request);
    };
    const jobs = createClient(JobService, transportTo(system.httpUrl, withKey));
    for await (const response of jobs.watchJob({ jobId, fromOffset: BigInt(from) })) {
      yield* sentIn(response);
    }
  };

const byGrpcJs: Watch = async function* ({ system, apiKey, jobId, from = 0 }) {
  const client = new Client(system.gatewayTarget(), credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${apiKey}`);
  const call = client.makeServerStreamRequest(
    "/millrace.jobs.v1.JobService/WatchJob",
    (request) => Buffer.from(toBinary(WatchJobRequestSchema, request)),
    (bytes) => fromBinary(WatchJobResponseSchema, bytes),
    create(WatchJobRequestSchema, { jobId, fromOffset: BigInt(from) }),
    metadata,
  );
  try {
    for await (const response of call) yield* sentIn(response as WatchJobResponse);
  } finally {
    call.cancel();
    client.close();
  }
};

const byPython: Watch = async function* ({ system, apiKey, jobId, from = 0 }) {
  const main = join(import.meta.dirname, "watch.py");
  const args = [main, system.gatewayTarget(), apiKey, jobId, String(from)];
  const env = {
    PATH: process.env.PATH,
    ...generatedForPython(
      "millrace/jobs/v1/job_service.proto",
      "millrace/jobs/v1/job.proto",
      "millrace/jobs/v1/spend.proto",
      "millrace/webhooks/v1/webhook_endpoint.proto",
      "google/rpc/status.proto",
      "buf/validate/validate.proto",
    ),
  };
  const child = spawn(python ?? "", args, { env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    for await (const line of createInterface(child.stdout)) {
      const received = JSON.parse(line) as Sent | { readonly kind: "end"; readonly code: string };
      if (received.kind !== "end") yield received;
      else if (received.code !== "OK") throw new Error(`cut: ${received.code}`);
      else return;
    }
    throw new Error("the watcher ended without an end line");
  } finally {
    child.kill("SIGKILL");
  }
};

export const watchers: readonly Watcher[] = [
  { name: "eventsource on HTTP/1.1", watch: byEventSource(fetch) },
  { name: "eventsource on HTTP/2", watch: byEventSource(http2Fetch) },
  {
    name: "gRPC-Web on HTTP/1.1",
    watch: byConnect((baseUrl, withKey) =>
      createGrpcWebTransport({ baseUrl, httpVersion: "1.1", interceptors: [withKey] }),
    ),
  },
  {
    name: "Connect on HTTP/2",
    watch: byConnect((baseUrl, withKey) =>
      createConnectTransport({ baseUrl, httpVersion: "2", interceptors: [withKey] }),
    ),
  },
  { name: "gRPC by grpc-js", watch: byGrpcJs },
  {
    name: "gRPC by grpcio (needs MILLRACE_PYTHON)",
    watch: byPython,
    skipped: python === undefined,
  },
];
