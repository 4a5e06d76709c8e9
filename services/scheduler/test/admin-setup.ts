import type { MessageInitShape } from "@bufbuild/protobuf";
import { type JobRecord, openEngine } from "@millrace/engine";
import { AdminService } from "@millrace/proto/admin-service";
import type { JobSpecSchema } from "@millrace/proto/job";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { fixedValue, grpcClient, serve } from "@millrace/runtime";
import {
  hashSecret,
  type KeyId,
  newJobId,
  parseApiKey,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { ManualClock, redisForTests } from "@millrace/testing";
import { onTestFinished } from "vitest";
import { adminService } from "../src/admin-service.ts";
import { jobObserver } from "../src/observing/job-observer.ts";
import { memoryPressure } from "../src/policy/memory-pressure.ts";
import { schedulerService } from "../src/service.ts";
import { JobTokens } from "../src/tokens/job-tokens.ts";
import { operatorTokens, requireOperator } from "../src/tokens/operator-tokens.ts";
import { noWorkers } from "./no-workers.ts";
import { noWebhooks, someWebhooks } from "./webhook-setup.ts";

/** It has no measurement, so it accepts all jobs. */
const roomy = memoryPressure({ shedPercent: 90, resumePercent: 80 });
const onBug = (error: unknown) => {
  throw error;
};

const secret = Buffer.alloc(32, 7);

/** A scheduler in this process, as operators anna and bert reach it. */
export async function setup(workers = noWorkers) {
  const { url, rootPrefix } = await redisForTests();
  const clock = new ManualClock();
  const engine = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => engine.close());
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [
      adminService(
        ...([engine, clock, random, workers, jobObserver(createMetrics("scheduler"))] as const),
        someWebhooks(engine, clock),
      ),
    ],
    authenticate: requireOperator(
      fixedValue(operatorTokens("anna:s3cret,bert:s3cret,rita:s3cret;role=reader")),
    ),
    ...{ clock, onBug },
  });
  onTestFinished(() => server.close());
  const as = (name: string) =>
    grpcClient(AdminService, server.address, { token: `${name}:s3cret` }).rpc;
  const rpc = as("anna");
  const forGateways = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [
      schedulerService({
        ...{ engine: engine, observer: jobObserver(createMetrics("scheduler")), clock },
        ...{ pressure: roomy, jobTokens: new JobTokens(() => secret), workers },
        webhooks: noWebhooks(engine, clock),
      }),
    ],
    ...{ clock, onBug },
  });
  onTestFinished(() => forGateways.close());
  const scheduler = grpcClient(SchedulerService, forGateways.address).rpc;
  /** Whether gateways accept a caller with this key. */
  const opens = async (text: string) => {
    const key = parseApiKey(text);
    if (key === undefined) throw new Error("not an API key");
    const secretSha256 = new Uint8Array(hashSecret(key.secret));
    return scheduler.authenticate({ keyId: key.keyId, secretSha256 }).then(
      () => true,
      () => false,
    );
  };
  const newKey = async (name = "shop") => {
    const { key, apiKey } = await rpc.createApiKey({ name });
    return { key, keyId: apiKey?.keyId ?? "" };
  };
  /** Submits a job of an API key, and returns its result. */
  const submitted = async (
    spec: Omit<MessageInitShape<typeof JobSpecSchema>, "$typeName"> & { queue: string },
    keyId = "shop",
  ) => {
    const id = newJobId(spec.queue as QueueName, keyId as KeyId, clock.nowMs(), random);
    const { results } = await scheduler.submit({
      jobs: [{ id, spec: { type: "send", ...spec } }],
    });
    return { id, result: results[0]?.result ?? { case: undefined } };
  };
  /** Submits a job of an API key, and reads it back as the engine holds it. */
  const submit = async (
    spec: Omit<MessageInitShape<typeof JobSpecSchema>, "$typeName"> & { queue: string },
    keyId = "shop",
  ): Promise<JobRecord> => {
    const { id, result } = await submitted(spec, keyId);
    if (result.case !== "jobId") throw new Error(`${id} was not accepted`);
    const [job] = await engine.getJobs([id]);
    if (job === undefined) throw new Error(`${id} was not stored`);
    return job;
  };
  return { rpc, as, submit, submitted, engine, clock, opens, newKey, address: server.address };
}
