/** Opens every kind of long call of a key at the same time, and reports how each ends. */
import { connect as connectHttp2 } from "node:http2";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import type { LocalSystem } from "@millrace/local";
import { GroupService } from "@millrace/proto/group-service";
import { JobService, type SubmitStreamRequestSchema } from "@millrace/proto/job-service";
import { ErrorInfoSchema } from "@millrace/proto/rpc-error-details";
import type { RpcFault } from "@millrace/runtime";
import { systemClock } from "@millrace/shared";
import { metricNames } from "@millrace/telemetry";
import { onTestFinished } from "vitest";
import type { httpCaller } from "../e2e/http-system.ts";
import { clientOf, untilMetric } from "../faults/setup.ts";

type HttpCaller = Awaited<ReturnType<typeof httpCaller>>;

/** How a call ended, and when. */
export interface Ending {
  readonly reason: string | undefined;
  readonly message: string;
  readonly atMs: number;
}

interface Jobs {
  readonly getJob: (request: { jobId: string; wait: { seconds: bigint } }) => Promise<unknown>;
  readonly watchJob: (request: { jobId: string }) => AsyncIterable<unknown>;
  /** Sends one message and leaves the stream open. */
  readonly submitStream: (
    request: MessageInitShape<typeof SubmitStreamRequestSchema>,
  ) => AsyncIterable<unknown>;
}

function grpcJobs(address: string | undefined, apiKey: string): Jobs {
  const { rpc } = clientOf(JobService, address, apiKey);
  return {
    ...rpc,
    submitStream(request) {
      const { write, responses } = rpc.submitStream();
      void write(request);
      return responses;
    },
  };
}

function connectJobs(make: (interceptors: Interceptor[]) => Transport, apiKey: string): Jobs {
  const withKey: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${apiKey}`);
    return next(request);
  };
  const jobs = createClient(JobService, make([withKey]));
  return {
    ...jobs,
    submitStream: (request) =>
      jobs.submitStream(
        (async function* () {
          yield request;
          await new Promise<void>((over) => onTestFinished(() => over()));
        })(),
      ),
  };
}

/** A bidirectional stream needs HTTP/2. */
const protocols = ({ httpUrl: baseUrl, gateways }: LocalSystem, apiKey: string) => {
  const address = gateways[0]?.addresses.address;
  const over = (make: (interceptors: Interceptor[]) => Transport) => connectJobs(make, apiKey);
  const connect = (httpVersion: "1.1" | "2") =>
    over((interceptors) => createConnectTransport({ baseUrl, httpVersion, interceptors }));
  const grpcWeb = (httpVersion: "1.1" | "2") =>
    over((interceptors) => createGrpcWebTransport({ baseUrl, httpVersion, interceptors }));
  const grpc = over((interceptors) => createGrpcTransport({ baseUrl, interceptors }));
  return [
    { name: "gRPC", bidi: true, jobs: grpcJobs(address, apiKey) },
    { name: "gRPC on the HTTP port", bidi: true, jobs: grpc },
    { name: "gRPC-Web on HTTP/1.1", bidi: false, jobs: grpcWeb("1.1") },
    { name: "gRPC-Web on HTTP/2", bidi: true, jobs: grpcWeb("2") },
    { name: "Connect on HTTP/1.1", bidi: false, jobs: connect("1.1") },
    { name: "Connect on HTTP/2", bidi: true, jobs: connect("2") },
  ];
};

async function endingOf(call: Promise<unknown>): Promise<Ending> {
  const ended = (reason: string | undefined, message: string) => ({
    ...{ reason, message, atMs: systemClock.nowMs() },
  });
  try {
    await call;
    return ended("NONE", "the call ended normally");
  } catch (error) {
    if (!(error instanceof ConnectError)) {
      const { reason, message } = error as RpcFault;
      return ended(reason, message);
    }
    return ended(error.findDetails(ErrorInfoSchema)[0]?.reason, error.rawMessage);
  }
}

/** Resolves once the stream's first message has arrived, with the end of the stream. */
async function opened(stream: AsyncIterable<unknown>): Promise<{ ending: Promise<Ending> }> {
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  const rest = async () => {
    while ((await iterator.next()).done !== true);
  };
  return { ending: endingOf(rest()) };
}

async function waitOf({ call }: HttpCaller, jobId: string): Promise<Ending> {
  const answer = await call(`/v1/jobs/${jobId}?wait=60`);
  const { reason, detail } = (await answer.json()) as { reason?: string; detail?: string };
  const atMs = systemClock.nowMs();
  return {
    reason: answer.status === 401 ? reason : `${answer.status}`,
    message: `${detail}`,
    atMs,
  };
}

/**
 * Opens a WatchJob, a waiting GetJob and a SubmitStream by each protocol, a waiting GET, and the long calls of a group.
 * Resolves once all of them are open, with how they end.
 */
export async function openAll(system: LocalSystem, caller: HttpCaller, jobId: string) {
  const { queue, apiKey } = caller;
  const idle = { queue, type: "idle" };
  const idleJob = async () =>
    ((await (await caller.postJob({ type: idle.type })).json()) as { id: string }).id;
  const endings: [name: string, ending: Promise<Ending>][] = [];
  let awaited = 1;
  endings.push(["GET ?wait=60", waitOf(caller, await idleJob())]);
  for (const { name, bidi, jobs } of protocols(system, apiKey)) {
    const watch = await opened(jobs.watchJob({ jobId }));
    endings.push([`WatchJob by ${name}`, watch.ending]);
    const wait = { seconds: 60n };
    endings.push([`GetJob by ${name}`, endingOf(jobs.getJob({ jobId: await idleJob(), wait }))]);
    awaited += 1;
    if (!bidi) continue;
    const streamed = { jobs: [{ sequence: 1n, job: idle }], notifyFinished: true };
    const answers = await opened(jobs.submitStream(streamed));
    endings.push([`SubmitStream by ${name}`, answers.ending]);
    awaited += 1;
  }
  const { rpc } = clientOf(GroupService, system.gateways[0]?.addresses.address, apiKey);
  const { group } = await rpc.createGroup({ group: { queue } });
  const groupId = String(group?.id);
  endings.push(["GetGroup", endingOf(rpc.getGroup({ groupId, wait: { seconds: 60n } }))]);
  endings.push(["WatchGroup", (await opened(rpc.watchGroup({ groupId }))).ending]);
  // This metric is the only sign that a waiting call has begun.
  await untilMetric((count) => count === awaited, system.gateways[0], metricNames.awaitedJobs);
  return {
    names: endings.map(([name]) => name),
    ended: async () =>
      Object.fromEntries(
        await Promise.all(endings.map(async ([name, ending]) => [name, await ending] as const)),
      ),
  };
}

/** A stream of events after its first event: all of its text, and whether the client saw its end as a failure. */
export interface Events {
  readonly ended: Promise<{ readonly heard: string; readonly cut: boolean; readonly atMs: number }>;
}

async function eventsOf(pieces: AsyncIterable<Uint8Array>): Promise<Events> {
  let heard = "";
  const iterator = pieces[Symbol.asyncIterator]();
  const more = async () => {
    const next = await iterator.next();
    heard += Buffer.from(next.value ?? []).toString();
    return next.done !== true;
  };
  while (!heard.includes("event: job")) {
    if (!(await more())) throw new Error(`no event arrived: ${heard}`);
  }
  const rest = async () => {
    let cut = false;
    try {
      while (await more());
    } catch {
      cut = true;
    }
    return { heard, cut, atMs: systemClock.nowMs() };
  };
  return { ended: rest() };
}

export async function eventsByHttp1({ call }: HttpCaller, jobId: string): Promise<Events> {
  const { body } = await call(`/v1/jobs/${jobId}/events`);
  if (body === null) throw new Error("the answer has no body");
  return await eventsOf(body);
}

export async function eventsByHttp2(
  { httpUrl }: LocalSystem,
  { apiKey }: HttpCaller,
  jobId: string,
): Promise<Events> {
  const session = connectHttp2(httpUrl);
  onTestFinished(() => session.destroy());
  const path = `/v1/jobs/${jobId}/events`;
  return await eventsOf(session.request({ ":path": path, authorization: `Bearer ${apiKey}` }));
}
