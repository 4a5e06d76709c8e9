/** Submits a fixed number of jobs per second, without waiting for answers. Environment: ADDRESS, API_KEY. */
import { setTimeout as pause } from "node:timers/promises";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { methodDefinition } from "@millrace/grpc";
import { JobService, type SubmitJobsResponse } from "@millrace/proto/job-service";
import { fromGrpcError, fromRpcStatus, type RpcFault } from "@millrace/runtime";
import { serveParent } from "./child.ts";
import { payload } from "./payload.ts";
import { quantile, rounded } from "./report.ts";

export interface Flood {
  readonly jobsPerSecond: number;
  readonly seconds: number;
}

export interface Flooded {
  readonly offered: number;
  readonly accepted: number;
  readonly refused: number;
  /** Jobs and calls that were refused without a retry delay. */
  readonly withoutDelay: number;
  /** Calls that were refused as a whole, by reason. */
  readonly failedCalls: Readonly<Record<string, number>>;
  readonly mostUnderWay: number;
  readonly callMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

const IN_A_CALL = 100;
const CONNECTIONS = 4;
const job = {
  queue: "bench",
  type: "noop",
  payload: { case: "payloadJson" as const, value: JSON.stringify(payload) },
};
const { path, requestSerialize, responseDeserialize } = methodDefinition(
  JobService.method.submitJobs,
);
/** All calls send the same bytes, so that the flood itself needs little CPU time. */
const request = requestSerialize({ jobs: Array<typeof job>(IN_A_CALL).fill(job) });
const metadata = new Metadata();
metadata.set("authorization", `Bearer ${process.env.API_KEY}`);
const clients = Array.from(
  { length: CONNECTIONS },
  () =>
    new Client(process.env.ADDRESS ?? "", credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
    }),
);
let calls = 0;
const submitJobs = () =>
  new Promise<SubmitJobsResponse>((resolve, reject) => {
    calls += 1;
    clients[calls % CONNECTIONS]?.makeUnaryRequest(
      path,
      (bytes: Buffer) => bytes,
      responseDeserialize,
      request,
      metadata,
      (error, response) => {
        if (error !== null) reject(fromGrpcError(error));
        else resolve(response as SubmitJobsResponse);
      },
    );
  });

async function flood({ jobsPerSecond, seconds }: Flood): Promise<Flooded> {
  const took: number[] = [];
  const failedCalls: Record<string, number> = {};
  let [accepted, refused, withoutDelay, underWay, mostUnderWay] = [0, 0, 0, 0, 0];
  const submit = async () => {
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    const from = performance.now();
    try {
      const { results } = await submitJobs();
      for (const { result } of results) {
        if (result.case === "jobId") accepted += 1;
        else if (result.case === "error") {
          refused += 1;
          if ((fromRpcStatus(result.value).retryDelayMs ?? 0) <= 0) withoutDelay += 1;
        }
      }
    } catch (error) {
      const { code, reason, retryDelayMs } = error as RpcFault;
      const name = reason ?? String(code);
      failedCalls[name] = (failedCalls[name] ?? 0) + 1;
      if ((retryDelayMs ?? 0) <= 0) withoutDelay += 1;
    } finally {
      took.push(performance.now() - from);
      underWay -= 1;
    }
  };
  const startedMs = performance.now();
  const everyMs = (IN_A_CALL * 1_000) / jobsPerSecond;
  const all: Promise<void>[] = [];
  while (performance.now() - startedMs < seconds * 1_000) {
    const due = Math.floor((performance.now() - startedMs) / everyMs);
    while (all.length < due) all.push(submit());
    await pause(2);
  }
  await Promise.all(all);
  const percentile = (q: number) => rounded(quantile(took, q));
  return {
    ...{ offered: all.length * IN_A_CALL, accepted, refused, withoutDelay },
    ...{
      failedCalls,
      mostUnderWay,
      callMs: { p50: percentile(0.5), p99: percentile(0.99), max: percentile(1) },
    },
  };
}

await serveParent(async () => {
  const ready = (client: Client) =>
    new Promise<void>((resolve, reject) =>
      client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve())),
    );
  await Promise.all(clients.map(ready));
  return {
    answer: flood,
    close: async () => {
      for (const client of clients) client.close();
    },
  };
});
