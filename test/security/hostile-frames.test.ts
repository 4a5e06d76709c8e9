/**
 * Tests connections that use HTTP/2 wrongly, or send too much of it, on every listener. After each, the listener
 * must answer other calls, and its process must keep no memory. Random bytes come from a
 * seed, so that each run is the same.
 */
import type { DescMethod, MessageInitShape } from "@bufbuild/protobuf";
import { methodPath } from "@millrace/grpc";
import { AdminService } from "@millrace/proto/admin-service";
import { JobService } from "@millrace/proto/job-service";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { WorkerService } from "@millrace/proto/worker-service";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { collectsGarbage, liveMemory } from "../faults/live-memory.ts";
import { callWith, startWithCredentials } from "./credentials.ts";
import {
  callFields,
  END_HEADERS,
  END_STREAM,
  fields,
  frame,
  frameTypes,
  http2Connection,
  PREFACE,
  rawConnection,
} from "./frames.ts";

const started = await startWithCredentials(collectsGarbage);
afterAll(() => started.system[Symbol.asyncDispose]());
const { shown, jobId, system, log } = started;
const [gateway] = system.gateways;
const [scheduler] = system.schedulers;
const atStart = [await liveMemory(gateway), await liveMemory(scheduler)] as const;

interface Listener {
  readonly name: string;
  readonly service: typeof gateway;
  readonly address: string | undefined;
  /** A call that is answered, and the answer. */
  readonly method: DescMethod;
  readonly request: MessageInitShape<DescMethod["input"]>;
  readonly token: string | undefined;
  readonly answer: string;
}
const getJob = { method: JobService.method.getJob, request: { jobId }, token: shown.caller };
const listeners: readonly Listener[] = [
  {
    name: "the gateway's gRPC",
    service: gateway,
    address: gateway?.addresses.address,
    ...getJob,
    answer: "OK",
  },
  {
    name: "the gateway's HTTP",
    service: gateway,
    address: gateway?.addresses.http,
    ...getJob,
    answer: "OK",
  },
  {
    ...{ name: "the scheduler's for gateways", service: scheduler },
    ...{ address: scheduler?.addresses.address, method: SchedulerService.method.getQueue },
    ...{ request: { name: "documents" }, token: shown.gateway, answer: "OK" },
  },
  {
    ...{ name: "the scheduler's for workers", service: scheduler },
    ...{ address: scheduler?.addresses.workers, method: WorkerService.method.work },
    // A stream that does not begin with hello.
    ...{ request: {}, token: shown.worker, answer: "MALFORMED" },
  },
  {
    ...{ name: "the scheduler's for operators", service: scheduler },
    ...{ address: scheduler?.addresses.admin, method: AdminService.method.listQueues },
    ...{ request: {}, token: shown.operator, answer: "OK" },
  },
  {
    ...{ name: "the scheduler's HTTP for operators", service: scheduler },
    ...{ address: scheduler?.addresses.adminHttp, method: AdminService.method.listQueues },
    ...{ request: {}, token: shown.operator, answer: "OK" },
  },
];

const SEED = 20_261_125;
const sample = <T>(what: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(what, { numRuns: count, seed: SEED });
const bytes = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength });
const anyFrame = fc
  .tuple(fc.nat(12), fc.nat(255), fc.nat(9), bytes(64), fc.option(fc.nat(2 ** 24 - 1)))
  .map(([type, flags, stream, payload, length]) =>
    frame(type, flags, stream, payload, length ?? payload.length),
  );
const streamIds = (count: number) => Array.from({ length: count }, (_, i) => i * 2 + 1);
const large = "x".repeat(16_000);

type Attack = (listener: Listener) => Promise<void>;
/** The call has no credential, because calls with a key have limits of their own. */
const callOf = ({ method }: Listener) => callFields(methodPath(method), undefined);

const attacks: Readonly<Record<string, Attack>> = {
  async "random bytes"({ address }) {
    for (const piece of sample(bytes(2_000), 20)) {
      await (await rawConnection(address)).send(piece);
    }
  },
  async "a correct start and then random bytes"({ address }) {
    for (const piece of sample(bytes(2_000), 20)) {
      await (await rawConnection(address)).send(Buffer.concat([PREFACE, piece]));
    }
  },
  async "random frames"({ address }) {
    for (const frames of sample(fc.array(anyFrame, { minLength: 1, maxLength: 20 }), 20)) {
      const connection = await http2Connection(address);
      await connection.send(Buffer.concat(frames));
    }
  },
  async "calls that are cut at every length"(listener) {
    const call = Buffer.concat([
      frame(frameTypes.headers, END_HEADERS, 1, callOf(listener)),
      frame(frameTypes.data, END_STREAM, 1, Buffer.alloc(300)),
    ]);
    for (let length = 1; length < call.length; length += 31) {
      const connection = await http2Connection(listener.address);
      await connection.send(call.subarray(0, length));
    }
  },
  async "a frame above the size limit"({ address }) {
    const connection = await http2Connection(address);
    await connection.send(frame(frameTypes.data, 0, 1, Buffer.alloc(64), 2 ** 24 - 1));
    await connection.send(Buffer.alloc(4 * 1024 * 1024));
  },
  // CVE-2023-44487 (rapid reset).
  async "calls that are reset at once"(listener) {
    const connection = await http2Connection(listener.address);
    for (const stream of streamIds(4_000)) {
      if (connection.closed) break;
      await connection.send(
        Buffer.concat([
          frame(frameTypes.headers, END_HEADERS, stream, callOf(listener)),
          frame(frameTypes.resetStream, 0, stream, Buffer.from([0, 0, 0, 8])),
        ]),
      );
    }
  },
  // CVE-2024-27316 and similar attacks.
  async "endless headers"(listener) {
    const connection = await http2Connection(listener.address);
    await connection.send(frame(frameTypes.headers, 0, 1, callOf(listener)));
    for (let i = 0; i < 2_000 && !connection.closed; i += 1) {
      await connection.send(frame(frameTypes.continuation, 0, 1, fields([`x-${i}`, large])));
    }
  },
  async "headers that expand when decoded"(listener) {
    const connection = await http2Connection(listener.address);
    // The field is indexed once and then named by one byte each time. 62 is the newest index.
    const remembered = fields(["x-bomb", large.slice(0, 4_000)]);
    remembered[0] = 0x40;
    const bomb = Buffer.concat([callOf(listener), remembered, Buffer.alloc(8_000, 0x80 | 62)]);
    for (const stream of streamIds(200)) {
      if (connection.closed) break;
      await connection.send(frame(frameTypes.headers, END_HEADERS | END_STREAM, stream, bomb));
    }
  },
  async "endless settings and pings"({ address }) {
    const connection = await http2Connection(address);
    const many = Buffer.concat(
      Array.from({ length: 500 }, () =>
        Buffer.concat([
          frame(frameTypes.settings, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0])),
          frame(frameTypes.ping, 0, 0, Buffer.alloc(8)),
        ]),
      ),
    );
    for (let i = 0; i < 200 && !connection.closed; i += 1) await connection.send(many);
  },
  async "endless empty data"(listener) {
    const connection = await http2Connection(listener.address);
    await connection.send(frame(frameTypes.headers, END_HEADERS, 1, callOf(listener)));
    const many = Buffer.concat(Array.from({ length: 1_000 }, () => frame(frameTypes.data, 0, 1)));
    for (let i = 0; i < 200 && !connection.closed; i += 1) await connection.send(many);
  },
  async "thousands of calls that never send a message"(listener) {
    for (let i = 0; i < 4; i += 1) {
      const connection = await http2Connection(listener.address);
      const heads = streamIds(1_200).map((stream) =>
        frame(frameTypes.headers, END_HEADERS, stream, callOf(listener)),
      );
      await connection.send(Buffer.concat(heads));
    }
  },
  async "hundreds of connections that send almost nothing"({ address }) {
    const connections = await Promise.all(
      Array.from({ length: 150 }, () => rawConnection(address)),
    );
    for (const [i, connection] of connections.entries()) {
      await connection.send(i % 2 === 0 ? PREFACE.subarray(0, 10) : Buffer.from("GET / HT"));
    }
  },
};

const MIB = 1024 * 1024;
/** An attack may hold four connections with a thousand calls each. A call takes some 40 KiB until it is answered. */
const HELD_BYTES = 4 * 1_000 * 64 * 1024;

const cases = Object.entries(attacks).flatMap(([attack, run]) =>
  listeners.map((listener) => ({ attack, run, listener, at: listener.name })),
);

test.each(cases)("other calls are answered during: $attack, at $at", async ({ run, listener }) => {
  const { service, address, method, request, token, answer } = listener;
  const pid = service?.pid;
  const before = await liveMemory(service);
  await run(listener);
  expect(await callWith(address, method, [request], token)).toBe(answer);
  expect((await liveMemory(service)) - before).toBeLessThan(HELD_BYTES);
  expect(service?.pid).toBe(pid);
});

test("no memory is kept once the connections are closed, and no internal error was logged", async () => {
  const services = [
    { service: gateway, before: atStart[0] },
    { service: scheduler, before: atStart[1] },
  ];
  for (const { service, before } of services) {
    while ((await liveMemory(service)) - before > 32 * MIB);
  }
  expect(log.items.filter(({ level }) => level === "error")).toEqual([]);
});
