/**
 * Tests wrong messages and requests on correct connections. Random values come from a seed. None may cause an
 * internal error, end a process or fill its memory.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { methodPath } from "@millrace/grpc";
import { JobSpecSchema } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { systemClock } from "@millrace/shared";
import fc from "fast-check";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { addressesOf, serviceCalls } from "./calls.ts";
import { callWith, startWithCredentials } from "./credentials.ts";

const started = await startWithCredentials();
afterAll(() => started.system[Symbol.asyncDispose]());
const { shown, jobId, system, log } = started;
const [gateway] = system.gateways;
const [scheduler] = system.schedulers;
const addresses = addressesOf(started);
const pids = [gateway?.pid, scheduler?.pid];

const getJob = { method: JobService.method.getJob, request: { jobId } };
/** How many log lines have been checked. */
let looked = 0;
/** Checks that other calls are answered, that no process was restarted, and that no internal error was logged. */
async function allIsWell() {
  for (const address of [gateway?.addresses.address, gateway?.addresses.http]) {
    expect(await callWith(address, getJob.method, [getJob.request], shown.caller)).toBe("OK");
  }
  expect([gateway?.pid, scheduler?.pid]).toEqual(pids);
  const from = looked;
  looked = log.items.length;
  expect(log.items.slice(from).filter(({ level }) => level === "error")).toEqual([]);
}

/** Sends bytes as messages of a gRPC call. Resolves with how the call ended. */
function sendMessages(
  address: string | undefined,
  path: string,
  messages: readonly Uint8Array[],
  token: string | undefined,
): Promise<string> {
  const client = new Client(String(address), credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const call = client.makeBidiStreamRequest(
    path,
    (bytes: Uint8Array) => Buffer.from(bytes),
    (bytes: Buffer) => bytes,
    metadata,
    // A random message may ask for a wait. The deadline ends it.
    { deadline: systemClock.nowMs() + 2_000 },
  );
  call.resume();
  for (const message of messages) call.write(message);
  call.end();
  return new Promise<string>((resolve) => {
    call.on("error", (error: ServiceError) => resolve(String(status[error.code])));
    call.on("end", () => resolve("OK"));
  }).finally(() => client.close());
}

const SEED = 20_261_125;
/** Changes, removes or inserts bytes at random places. */
const mutated = (bytes: Uint8Array) =>
  fc
    .array(fc.tuple(fc.nat(bytes.length), fc.nat(2), fc.uint8Array({ maxLength: 8 })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((changes) => {
      let result = Buffer.from(bytes);
      for (const [at, taken, put] of changes) {
        result = Buffer.concat([result.subarray(0, at), put, result.subarray(at + taken)]);
      }
      return new Uint8Array(result);
    });

const fuzzed = serviceCalls(started).flatMap(({ desc, rows, at, letsIn }) =>
  desc.methods.map((method) => ({
    ...{ method, at, name: `${desc.name}.${method.name}`, token: shown[letsIn[0] ?? "none"] },
    send: (rows("fuzz")[method.localName]?.send ?? []) as Record<string, unknown>[],
  })),
);

test.each(fuzzed)("$name survives random messages", async (fuzz) => {
  const { method, at, token, send } = fuzz;
  const good = send.map((message) => toBinary(method.input, create(method.input, message)));
  const messages = fc.sample(
    fc.oneof(
      fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 3 }),
      fc.tuple(...good.map(mutated)),
    ),
    { numRuns: 12, seed: SEED },
  );
  const calls = messages.flatMap((sent) =>
    at.map((listener) => sendMessages(addresses[listener], methodPath(method), sent, token)),
  );
  const outcomes = new Set(await Promise.all(calls));
  for (const bug of ["INTERNAL", "UNKNOWN", "UNAVAILABLE"]) expect(outcomes).not.toContain(bug);
  await allIsWell();
});

const MIB = 1024 * 1024;

/** Sends an HTTP/1.1 request unchanged and ends. Resolves with the whole answer. */
async function raw(text: string | Buffer): Promise<string> {
  const [host, port] = String(gateway?.addresses.http).split(":");
  const socket = connect(Number(port), host);
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.on("error", () => undefined).on("data", (data) => (answer += data.toString("latin1")));
  socket.end(text);
  await once(socket, "close").catch(() => undefined);
  return answer;
}

const auth = `host: a\r\nauthorization: Bearer ${shown.caller}\r\n`;
const json = `${auth}content-type: application/json\r\n`;
const post = (body: string, headers = "") =>
  `POST /v1/jobs HTTP/1.1\r\n${json}${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const jobWith = (payload: string) =>
  post(`{"queue":"documents","type":"none","payload":${payload}}`);
const deep = (levels: number, open: string, close: string) =>
  open.repeat(levels) + close.repeat(levels);

const requests: Readonly<Record<string, string | Buffer>> = {
  "no request": "\r\n\r\n\r\n",
  "an old version": "GET /v1/jobs\r\n\r\n",
  "an unknown version": `GET /v1/jobs HTTP/9.9\r\n${auth}\r\n`,
  "an unknown method": `FETCH /v1/jobs HTTP/1.1\r\n${auth}\r\n`,
  "a path of 1 MiB": `GET /${"a".repeat(MIB)} HTTP/1.1\r\n${auth}\r\n`,
  "a header of 1 MiB": `GET /v1/jobs HTTP/1.1\r\n${auth}x-long: ${"a".repeat(MIB)}\r\n\r\n`,
  "10,000 headers": `GET /v1/jobs HTTP/1.1\r\n${auth}${"x: y\r\n".repeat(10_000)}\r\n`,
  "two lengths": `POST /v1/jobs HTTP/1.1\r\n${json}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
  "a length and chunks": `POST /v1/jobs HTTP/1.1\r\n${json}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
  "a negative length": `POST /v1/jobs HTTP/1.1\r\n${json}content-length: -1\r\n\r\n{}`,
  "a length above any integer": `POST /v1/jobs HTTP/1.1\r\n${json}content-length: 99999999999999999999\r\n\r\n{}`,
  "a chunk size above any integer": `POST /v1/jobs HTTP/1.1\r\n${json}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}`,
  "chunks with endless extensions": `POST /v1/jobs HTTP/1.1\r\n${json}transfer-encoding: chunked\r\n\r\n1;${"a".repeat(MIB)}\r\n{`,
  "a body that does not come": `POST /v1/jobs HTTP/1.1\r\n${json}content-length: 100\r\n\r\n{`,
  "a null in the path": `GET /v1/jobs/\0 HTTP/1.1\r\n${auth}\r\n`,
  "a badly encoded path": `GET /v1/jobs/%E0%A4%A HTTP/1.1\r\n${auth}\r\n`,
  "a path that leaves the directory": `GET /v1/documents/..%2f..%2fetc%2fpasswd/content HTTP/1.1\r\n${auth}\r\n`,
  "another host's address": `GET http://other:1/v1/jobs HTTP/1.1\r\n${auth}\r\n`,
  "an invalid host": `GET /v1/jobs HTTP/1.1\r\nhost: [::\r\n\r\n`,
  "a query with special names": `GET /v1/jobs?__proto__=1&constructor=2&queue[]=3&%00=%ff HTTP/1.1\r\n${auth}\r\n`,
  "an upgrade": `GET /v1/jobs HTTP/1.1\r\n${auth}connection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n`,
  "a tunnel": `CONNECT other:22 HTTP/1.1\r\n${auth}\r\n`,
  "an expectation": `POST /v1/jobs HTTP/1.1\r\n${json}expect: 200-maybe\r\ncontent-length: 2\r\n\r\n{}`,
  "a hundred requests at once": `GET /nothing HTTP/1.1\r\n${auth}\r\n`.repeat(100),
  "JSON 100,000 levels deep": jobWith(deep(100_000, "[", "]")),
  "JSON 20,000 objects deep": jobWith(`${deep(20_000, '{"a":', "")}1${"}".repeat(20_000)}`),
  "JSON of two million brackets": post("[".repeat(2 * MIB)),
  "JSON with a prototype": post(
    '{"__proto__":{"queue":"documents"},"constructor":1,"queue":"documents","type":"none"}',
  ),
  "JSON with numbers out of range": jobWith('{"a":1e999,"b":-0,"c":1E400}'),
  "JSON with half a character": jobWith('{"a":"\\ud800"}'),
  "JSON that is not UTF-8": Buffer.from(post('{"queue":"\xff\xfe"}'), "latin1"),
  "JSON of a million keys": post(
    `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":0`).join()}}`,
  ),
  "an invalid duration": post(
    '{"queue":"documents","type":"none","retry":{"initialBackoff":"-9e99s"}}',
  ),
  "very long cookie and prefer headers": `GET /v1/jobs?queue=documents HTTP/1.1\r\n${auth}cookie: ${"a=b;".repeat(3_000)}\r\nprefer: wait=${"9".repeat(5_000)}\r\n\r\n`,
  "an invalid event id": `GET /v1/jobs/${jobId}/events HTTP/1.1\r\n${auth}last-event-id: ${"9".repeat(4_000)}\r\n\r\n`,
};

test.each(Object.entries(requests))("%s is refused, or answered", async (_, sent) => {
  const answer = await raw(sent);
  expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
  await allIsWell();
});

test("a payload that is nested too deep is refused on every way", async () => {
  const { method } = JobService;
  const job = { queue: "documents", type: "none" };
  const asText = {
    job: { ...job, payload: { case: "payloadJson", value: deep(100_000, "[", "]") } },
  };
  // Nests Structs byte by byte: a map entry, its value, and the Struct inside.
  let struct = Buffer.alloc(0);
  for (let i = 0; i < 4_000; i += 1) {
    for (const field of [5, 2, 1])
      struct = Buffer.concat([delimited(field), varint(struct.length), struct]);
  }
  const head = toBinary(JobSpecSchema, create(JobSpecSchema, job));
  const spec = Buffer.concat([head, delimited(3), varint(struct.length), struct]);
  const asStruct = Buffer.concat([delimited(1), varint(spec.length), spec]);
  for (const address of [gateway?.addresses.address, gateway?.addresses.http]) {
    expect(await callWith(address, method.submitJob, [asText], shown.caller)).toBe("MALFORMED");
    const path = methodPath(method.submitJob);
    expect(await sendMessages(address, path, [asStruct], shown.caller)).toBe("INVALID_ARGUMENT");
  }
  await allIsWell();
});

const delimited = (field: number): Buffer => Buffer.from([field * 8 + 2]);

function varint(value: number): Buffer {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
