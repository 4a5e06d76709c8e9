/**
 * What does it cost to submit? `node bench/submit.ts [single] [jobs] [stream]`
 *
 * - single: SubmitJob, 1 and 64 in flight
 * - jobs: SubmitJobs of 100, four in flight
 * - stream: the client's submit(), 10,000 calls at the same time, on its SubmitStream
 *
 * There is one client process, one gateway, one scheduler and one Redis without persistence. There are no
 * workers, so only submission is measured. CPU time is each process's own, from /proc.
 */

import { readFileSync } from "node:fs";
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { JobService } from "@millrace/proto/job-service";
import { grpcClient } from "@millrace/runtime";
import { argumentsFrom } from "./parts/arguments.ts";

const PAYLOAD = {
  document: "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B",
  note: "x".repeat(150),
};
const payload = { case: "payloadJson" as const, value: JSON.stringify(PAYLOAD) };
const job = { queue: "documents", type: "summarize", payload };
const ROUNDS = 3;
const TICKS_PER_SECOND = 100;

const chosen = argumentsFrom(0);
const asked = (part: string) => chosen.length === 0 || chosen.includes(part);

await using system = await startSystem({
  workers: 0,
  queues: [{ name: "documents", maxDepthPerKey: 100_000_000 }],
});
const address = system.gatewayTarget();
const raw = grpcClient(JobService, address, { token: system.apiKey });
const millrace = connectMillrace({ address, apiKey: system.apiKey });
const processes = {
  client: process.pid,
  gateway: system.gateways[0]?.pid ?? 0,
  scheduler: system.schedulers[0]?.pid ?? 0,
  redis: system.redis.pid,
};

if (asked("single")) {
  const one = () => raw.rpc.submitJob({ job });
  await measure("SubmitJob, 1 in flight", 2_000, () => inFlight(1, 2_000, one));
  await measure("SubmitJob, 64 in flight", 5_000, () => inFlight(64, 5_000, one));
}
if (asked("jobs")) {
  const hundred = Array.from({ length: 100 }, () => job);
  await measure("SubmitJobs of 100, 4 in flight", 40_000, () =>
    inFlight(4, 400, () => raw.rpc.submitJobs({ jobs: hundred })),
  );
}
if (asked("stream")) {
  const one = { queue: "documents", type: "summarize", payload: PAYLOAD };
  await measure("client.submit(), 1 in flight", 2_000, () =>
    inFlight(1, 2_000, () => millrace.submit(one)),
  );
  await measure("client.submit(), 64 in flight", 10_000, () =>
    inFlight(64, 10_000, () => millrace.submit(one)),
  );
  await measure("client.submit(), 2,000 in flight", 40_000, () =>
    inFlight(2_000, 40_000, () => millrace.submit(one)),
  );
}
raw.close();
await millrace.close();

async function inFlight(width: number, count: number, call: () => Promise<unknown>) {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

async function measure(name: string, jobs: number, work: () => Promise<unknown>) {
  await work();
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = cpuUs();
    const startedMs = performance.now();
    await work();
    const seconds = (performance.now() - startedMs) / 1_000;
    const after = cpuUs();
    const each = Object.keys(processes).map((part) => {
      const us = ((after[part] ?? 0) - (before[part] ?? 0)) / jobs;
      return `${part} ${us.toFixed(0)}`;
    });
    console.log(
      `${name.padEnd(34)} ${(jobs / seconds).toFixed(0).padStart(7)} jobs/s   CPU us/job: ${each.join(", ")}`,
    );
  }
}

function cpuUs(): Record<string, number> {
  return Object.fromEntries(
    Object.entries(processes).map(([name, pid]) => {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      const ticks = Number(fields[11]) + Number(fields[12]);
      return [name, (ticks / TICKS_PER_SECOND) * 1e6];
    }),
  );
}
