/**
 * Tests compressed requests, where a few KiB would become MiB. No listener decompresses a request, by any
 * protocol, so a request takes no more memory than was sent.
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { gzipSync } from "node:zlib";
import { methodPath } from "@millrace/grpc";
import { JobService } from "@millrace/proto/job-service";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { addressesOf, serviceCalls } from "./calls.ts";
import { callWith, startWithCredentials } from "./credentials.ts";

const started = await startWithCredentials();
afterAll(() => started.system[Symbol.asyncDispose]());
const { shown, jobId, system, log } = started;
const addresses = addressesOf(started);
const http = addresses["the gateway's HTTP"];
const services = [system.gateways[0], system.schedulers[0]];
const serviceAt = (address: string | undefined) =>
  services.find((one) => Object.values(one?.addresses ?? {}).includes(String(address)));

const MIB = 1024 * 1024;
const CALLS = 100;
/** As many health checks as one connection may have at the same time. */
const HEALTH_CALLS = 32;
/** The longest possible message, so that no limit on its length refuses it. */
const bytes = 4 * MIB - 1_024;
/** Field 1, a text such as a job id. */
const head = Buffer.from([
  10,
  (bytes & 0x7f) | 0x80,
  (bytes >> 7) | 0x80,
  (bytes >> 14) | 0x80,
  bytes >> 21,
]);
const packedProto = gzipSync(Buffer.concat([head, Buffer.alloc(bytes, "a")]));
const packedJson = gzipSync(`{"jobId":"${"a".repeat(bytes)}"}`);
const framed = (message: Uint8Array) => {
  const frame = Buffer.alloc(5);
  frame.writeUInt8(1);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
};

interface Form {
  readonly name: string;
  readonly address: string | undefined;
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly token: string | undefined;
  /** Default: CALLS. */
  readonly calls?: number;
  /** What the answer says, in its status or at its end. */
  readonly refused: RegExp;
}

const grpc = { "content-type": "application/grpc", te: "trailers", "grpc-encoding": "gzip" };
const UNIMPLEMENTED = /grpc-status: 12/;
const ofGateway = { address: http, token: shown.caller } as const;
const getJob = methodPath(JobService.method.getJob);
const submitStream = methodPath(JobService.method.submitStream);

const forms: readonly Form[] = [
  ...Object.entries(addresses).flatMap(([name, address]) => {
    const service = serviceCalls(started).find(({ at }) => at.some((one) => one === name));
    const token = shown[service?.letsIn[0] ?? "none"];
    const kinds = new Map(
      (service?.desc.methods ?? []).map((method) => [method.methodKind, method]),
    );
    const common = { address, headers: grpc, body: framed(packedProto), refused: UNIMPLEMENTED };
    const served = [...kinds].map(([kind, method]) => ({
      ...{ ...common, token, name: `gRPC, ${kind}, at ${name}`, path: methodPath(method) },
    }));
    // The health service is for gRPC alone.
    if (name.includes("HTTP")) return served;
    const health = "/grpc.health.v1.Health/Check";
    const ofHealth = { ...common, name: `Health at ${name}`, path: health, token: undefined };
    return [...served, { ...ofHealth, calls: HEALTH_CALLS }];
  }),
  ...[["application/json", packedJson] as const, ["application/proto", packedProto] as const].map(
    ([type, body]) => ({
      ...{ ...ofGateway, name: `Connect, ${type}`, path: getJob, body },
      headers: { "content-type": type, "content-encoding": "gzip" },
      refused: /:status: 501[\s\S]*unimplemented[\s\S]*COMPRESSED/,
    }),
  ),
  {
    ...{ ...ofGateway, name: "Connect, a stream", path: submitStream, body: framed(packedProto) },
    headers: { "content-type": "application/connect+proto", "connect-content-encoding": "gzip" },
    refused: /unimplemented/,
  },
  {
    ...{ ...ofGateway, name: "gRPC-Web", path: getJob, body: framed(packedProto) },
    headers: { "content-type": "application/grpc-web+proto", "grpc-encoding": "gzip" },
    refused: UNIMPLEMENTED,
  },
  {
    ...{ ...ofGateway, name: "a job by plain HTTP", path: "/v1/jobs", body: packedJson },
    headers: { "content-type": "application/json", "content-encoding": "gzip" },
    refused: /:status: 415[\s\S]*COMPRESSED/,
  },
  {
    ...{
      ...ofGateway,
      name: "a document by plain HTTP",
      method: "PUT",
      path: "/v1/documents?name=a.txt",
    },
    headers: { "content-type": "text/plain", "content-encoding": "gzip" },
    body: packedJson,
    refused: /:status: 415[\s\S]*COMPRESSED/,
  },
];

/** Returns the whole answer: headers, body and trailers. */
async function answerTo(session: ClientHttp2Session, form: Form): Promise<string> {
  const { method = "POST", path, headers, body, token } = form;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const stream = session.request({
    ":method": method,
    ":path": path,
    ...headers,
    ...authorization,
  });
  stream.on("error", () => undefined);
  let answer = "";
  const note = (got: object) => {
    answer += Object.entries(got)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join("");
  };
  stream.on("response", note).on("trailers", note);
  stream.on("data", (piece: Buffer) => {
    answer += piece.toString("latin1");
  });
  stream.end(body);
  await once(stream, "close").catch(() => undefined);
  return answer;
}

/** Returns the largest amount of memory that a process has had, in bytes. */
async function peakMemory(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(text)?.[1]) * 1024;
}
const peaks = new Map<number | undefined, number>();
for (const service of services) peaks.set(service?.pid, await peakMemory(service?.pid));

test.each(forms)(
  "many compressed messages at the same time are refused and not decompressed: $name",
  async (form) => {
    const { calls = CALLS } = form;
    const pid = serviceAt(form.address)?.pid;
    const session = connectHttp2(`http://${form.address}`);
    session.on("error", () => undefined);
    onTestFinished(() => session.destroy());
    await once(session, "connect");
    const answers = await Promise.all(Array.from({ length: calls }, () => answerTo(session, form)));
    for (const answer of answers) expect(answer).toMatch(form.refused);
    expect((await peakMemory(pid)) - (peaks.get(pid) ?? 0)).toBeLessThan(128 * MIB);
  },
);

test("other calls are answered, no process was restarted, and no internal error was logged", async () => {
  for (const address of [addresses["the gateway's gRPC"], http]) {
    expect(await callWith(address, JobService.method.getJob, [{ jobId }], shown.caller)).toBe("OK");
  }
  expect(log.items.filter(({ level }) => level === "error")).toEqual([]);
});
