/**
 * Tests that calls find a service again whose addresses have changed, although the former ones do not answer and do not refuse
 * either. In a cluster that happens at each rollout: the name server tells of new pods seconds late, and packets to former pods
 * are dropped.
 */
import {
  Client,
  connectivityState,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from "@grpc/grpc-js";
import { connectMillrace } from "@millrace/client";
import { channelOptions, LastingClient, methodDefinition } from "@millrace/grpc";
import { JobService } from "@millrace/proto/job-service";
import { WorkerService } from "@millrace/proto/worker-service";
import { grpcClient } from "@millrace/runtime";
import { systemClock, systemRandom } from "@millrace/shared";
import { freePort, ManualClock } from "@millrace/testing";
import { startWorker } from "@millrace/worker-sdk";
import { expect, onTestFinished, test, vi } from "vitest";
import { startDnsServer } from "../security/dns-server.ts";
import { openBlackHole } from "./black-hole.ts";
import { Heard } from "./heard.ts";

// Then gRPC asks the name server that a target names. It reads the variable when it is loaded.
vi.hoisted(() => {
  process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER = "true";
});
const NAME = "service.test";
const BEFORE = "127.0.0.2";
const NOW = "127.0.0.3";
const jobId = "01KB3Y8ZM0000000000000000A~documents~0000~k7f3q2m9";

const bound = (server: Server, port: number) =>
  new Promise<void>((resolve, reject) => {
    server.bindAsync(`${NOW}:${port}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });

/** A service whose name leads to an address that has vanished when it is asked for first, and to the service from then on. */
async function setup() {
  const hole = await openBlackHole(BEFORE);
  onTestFinished(() => hole[Symbol.asyncDispose]());
  const names = await startDnsServer((_, asked) => [asked === 0 ? BEFORE : NOW]);
  onTestFinished(() => void names.close());
  const server = new Server();
  onTestFinished(() => server.forceShutdown());
  const hellos = new Heard<object>();
  server.addService(
    { getJob: methodDefinition(JobService.method.getJob) },
    { getJob: (_: unknown, answer: (error: null, reply: object) => void) => answer(null, {}) },
  );
  server.addService(
    { work: methodDefinition(WorkerService.method.work) },
    {
      work(stream: ServerDuplexStream<object, object>) {
        stream.on("data", (hello: object) => hellos.add(hello));
        stream.on("end", () => stream.end());
        stream.on("error", () => undefined);
      },
    },
  );
  await bound(server, hole.port);
  return { hole, target: `dns://${names.address}/${NAME}:${hole.port}`, hellos };
}

test("a service's client", async () => {
  const { target } = await setup();
  const client = grpcClient(JobService, target);
  onTestFinished(() => client.close());
  const waiting = client.rpc.getJob({ jobId }, { deadlineMs: 30_000 });
  const failed = expect(waiting).rejects.toMatchObject({ code: status.UNAVAILABLE });
  await client.ready(30_000);
  // What waited for the former address has failed, and is tried again by whoever tries calls again.
  await failed;
  expect(await client.rpc.getJob({ jobId })).toMatchObject({ $typeName: expect.any(String) });
});

test("a caller's client, whose calls are tried again", async () => {
  const { target } = await setup();
  const millrace = connectMillrace({ address: target, apiKey: "mr_k7f3q2m9_secret" });
  onTestFinished(() => millrace.close());
  // The service's answer has no job.
  await expect(millrace.getJob(jobId)).rejects.toThrow("answered with an empty message");
});

test("attempts to connect may take longer each time, so that a slow server is reached", async () => {
  const { hole } = await setup();
  const clock = new ManualClock();
  const made: Client[] = [];
  const make = () => {
    const client = new Client(`${BEFORE}:${hole.port}`, credentials.createInsecure());
    made.push(client);
    return client;
  };
  const lasting = new LastingClient({ make, clock });
  onTestFinished(() => lasting.close());
  /** Waits until the newest client is connecting, and lets time pass second by second. */
  const pass = async (seconds: number) => {
    const { length } = made;
    const channel = lasting.current().getChannel();
    await vi.waitFor(
      () => expect(channel.getConnectivityState(true)).toBe(connectivityState.CONNECTING),
      { timeout: 20_000 },
    );
    for (let second = 0; second < seconds; second += 1) clock.advance(1_000);
    return made.length - length;
  };
  expect(await pass(4)).toBe(0);
  expect(await pass(1)).toBe(1);
  expect(await pass(9)).toBe(0);
  expect(await pass(1)).toBe(1);
  expect(await pass(19)).toBe(0);
  expect(await pass(1)).toBe(1);
  expect(await pass(40)).toBe(1);
  expect(await pass(39)).toBe(0);
  expect(await pass(1)).toBe(1);
});

test("a client whose address refuses connections has failed until it is connected, also with a new channel", async () => {
  const port = await freePort();
  const clock = new ManualClock();
  let made = 0;
  const make = () => {
    made += 1;
    return new Client(`${NOW}:${port}`, credentials.createInsecure(), channelOptions());
  };
  const lasting = new LastingClient({ make, clock });
  onTestFinished(() => lasting.close());
  expect(lasting.hasFailed()).toBe(false);
  lasting.current().getChannel().getConnectivityState(true);
  await vi.waitFor(() => expect(lasting.hasFailed()).toBe(true), { timeout: 20_000 });
  for (let second = 0; second < 5; second += 1) clock.advance(1_000);
  expect(made).toBe(2);
  expect(lasting.hasFailed()).toBe(true);
  const server = new Server();
  onTestFinished(() => server.forceShutdown());
  await bound(server, port);
  await vi.waitFor(() => expect(lasting.hasFailed()).toBe(false), 20_000);
});

test("a worker", async () => {
  const { target, hellos } = await setup();
  const worker = startWorker({
    address: target,
    ...{ workerId: "w1", queues: ["documents"], slots: 1, executors: {} },
    ...{ clock: systemClock, random: systemRandom, log: () => undefined },
  });
  onTestFinished(() => worker.drain(0));
  await hellos.until(() => true);
});
