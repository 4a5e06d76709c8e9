/**
 * How long does one message of a caller block a service? `node bench/freeze.ts [runs]`
 *
 * Uses the most expensive messages that are known, accepted and refused. For each it measures the longest turn of
 * the event loop in the gateway and in the scheduler, in CPU time of the main thread. The aim is 50 ms on an idle
 * machine.
 */

import { setTimeout as pause } from "node:timers/promises";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { methodDefinition } from "@millrace/grpc";
import { JobService } from "@millrace/proto/job-service";
import { limits } from "@millrace/shared";
import { numberArgument } from "./parts/arguments.ts";
import { circumstances, keep, median, quantile, rounded } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";

const RUNS = numberArgument(0, 8);
/** The first runs take longer because code is compiled. */
const WARM_UP_RUNS = 3;
/** How long work after the answer is observed too, such as notifying watchers. */
const AFTER_MS = 50;

const longest = { gateway: 0, scheduler: 0 };
await using bench = await startBenchSystem({}, (cpuMs, service) => {
  longest[service] = Math.max(longest[service], cpuMs);
});
const { system } = bench;
const about = circumstances(bench.redisVersion);

const { path, requestSerialize } = methodDefinition(JobService.method.submitJobs);
const client = new Client(system.gatewayTarget(), credentials.createInsecure());
const metadata = new Metadata();
metadata.set("authorization", `Bearer ${system.apiKey}`);

/** Sends a message by gRPC. It may be accepted or refused, because both are bounded. */
const submitJobs = (request: Parameters<typeof requestSerialize>[0]) => {
  const bytes = requestSerialize(request);
  const send = () =>
    new Promise<void>((resolve) => {
      const asTheyAre = (given: Buffer) => given;
      client.makeUnaryRequest(path, asTheyAre, asTheyAre, bytes, metadata, () => resolve());
    });
  return { bytes: bytes.length, send };
};
const post = (to: string, body: string) => ({
  bytes: Buffer.byteLength(body),
  async send() {
    const headers = {
      authorization: `Bearer ${system.apiKey}`,
      "content-type": "application/json",
    };
    const answer = await fetch(`${system.httpUrl}${to}`, { method: "POST", headers, body });
    await answer.arrayBuffer();
  },
});
const connect = (method: string, json: string) =>
  post(`/millrace.jobs.v1.JobService/${method}`, json);

const many = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));
const object = (count: number, member: (index: number) => [string, unknown]) =>
  Object.fromEntries(many(count, member)) as Record<string, never>;
const job = { queue: "bench", type: "noop" };
const jobText = (more: object) => JSON.stringify({ ...job, ...more });
const labels = (count: number, from = 0, letters = 200) =>
  object(count, (index) => [`label${from + index}`, "x".repeat(letters)]);
const members = JSON.stringify(object(30_000, (index) => [index.toString(36), 1]));
const json = (value: string) => ({ payload: { case: "payloadJson" as const, value } });
let keys = 0;
const keyed = (count: number, value: string) => ({
  bytes: count * value.length,
  send: () =>
    submitJobs({
      jobs: many(count, () => ({ ...job, ...json(value), idempotencyKey: `${keys++}` })),
    }).send(),
});

const rows: readonly [name: string, message: { bytes: number; send(): Promise<void> }][] = [
  ["a small job", submitJobs({ jobs: [job] })],
  [
    "1,000 jobs of 16 long labels",
    submitJobs({ jobs: many(1_000, () => ({ ...job, labels: labels(16) })) }),
  ],
  [
    "… no two labels alike",
    submitJobs({ jobs: many(1_000, (index) => ({ ...job, labels: labels(16, index * 16) })) }),
  ],
  [
    "1,000 jobs of 33 labels",
    submitJobs({ jobs: many(1_000, (index) => ({ ...job, labels: labels(33, index * 33, 3) })) }),
  ],
  [
    "15 payloads of 30,000 members",
    submitJobs({ jobs: many(15, () => ({ ...job, ...json(members) })) }),
  ],
  ["… with idempotency keys", keyed(15, members)],
  [
    "a number of 256 KiB, with an idempotency key",
    keyed(1, `{"a":1${"0".repeat(limits.payloadBytes - 8)}1}`),
  ],
  [
    "130,000 levels, with an idempotency key",
    keyed(1, `{"a":${"[".repeat(131_000)}${"]".repeat(131_000)}}`),
  ],
  [
    "a Struct of 49,000 long strings",
    submitJobs({
      jobs: [
        {
          ...job,
          payload: { case: "payloadStruct", value: { a: many(49_000, () => "x".repeat(74)) } },
        },
      ],
    }),
  ],
  [
    "JSON: 1,000 jobs of 16 long labels",
    connect(
      "SubmitJobs",
      `{"jobs":[${many(1_000, () => jobText({ labels: labels(16) })).join()}]}`,
    ),
  ],
  [
    "JSON: 49,900 labels of a job",
    connect("SubmitJob", `{"job":${jobText({ labels: labels(49_900, 0, 3) })}}`),
  ],
  [
    "JSON: a Struct of 19,000 members",
    connect(
      "SubmitJob",
      `{"job":${jobText({ payloadStruct: object(19_000, (index) => [`${index}x`, 1]) })}}`,
    ),
  ],
  [
    "JSON: a Struct of 49,900 members",
    connect(
      "SubmitJob",
      `{"job":${jobText({ payloadStruct: object(49_900, (index) => [`${index}x`, 1]) })}}`,
    ),
  ],
  [
    "POST /v1/jobs: a payload of 30,000 members",
    post("/v1/jobs", `{"queue":"bench","type":"noop","payload":${members}}`),
  ],
  ["POST /v1/jobs: 131,000 labels", post("/v1/jobs", jobText({ labels: labels(131_000, 0, 1) }))],
];

const results = [];
for (const [name, { bytes, send }] of rows) {
  const runs: (typeof longest)[] = [];
  for (let run = -WARM_UP_RUNS; run < RUNS; run += 1) {
    Object.assign(longest, { gateway: 0, scheduler: 0 });
    await send();
    await pause(AFTER_MS);
    if (run >= 0) runs.push({ ...longest });
  }
  const timesOf = (service: keyof typeof longest) => {
    const times = runs.map((run) => run[service]);
    return { p50: rounded(median(times)), max: rounded(quantile(times, 1)) };
  };
  const result = { name, bytes, gateway: timesOf("gateway"), scheduler: timesOf("scheduler") };
  results.push(result);
  const text = ({ p50, max }: { p50: number; max: number }) =>
    `${p50.toFixed(0)} (${max.toFixed(0)})`;
  console.log(
    `${name.padEnd(46)} ${String(bytes).padStart(8)} bytes  gateway ${text(result.gateway)} ms  scheduler ${text(result.scheduler)} ms`,
  );
}
client.close();
keep("freeze", {
  question:
    "the longest turn of the event loop for one message, in CPU time; turns of up to 5 ms count as 0",
  ...{ ...about, runs: RUNS, results },
});
