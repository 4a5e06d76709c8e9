import { DestinationPolicy, parseAllowedDestinations } from "@millrace/destinations";
import type { Engine, WebhookEndpoints } from "@millrace/engine";
import { openEngine } from "@millrace/engine";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { grpcClient, serve } from "@millrace/runtime";
import {
  type Clock,
  type KeyId,
  newWebhookEndpointId,
  newWebhookSecret,
  type QueueName,
  systemRandom as random,
  WEBHOOK_QUEUE,
} from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { ManualClock, redisForTests } from "@millrace/testing";
import { onTestFinished } from "vitest";
import { jobObserver } from "../src/observing/job-observer.ts";
import { memoryPressure } from "../src/policy/memory-pressure.ts";
import { schedulerService } from "../src/service.ts";
import { JobTokens } from "../src/tokens/job-tokens.ts";
import type { SecretSealer } from "../src/webhooks/sealing.ts";
import { urlProblemOf } from "../src/webhooks/url-problem.ts";
import type { WebhookParts } from "../src/webhooks/webhook-parts.ts";
import { noWorkers } from "./no-workers.ts";

/** Webhooks of a scheduler whose operator has not set them up. */
export const noWebhooks = (engine: Engine, clock: Clock): WebhookParts => ({
  ...{ engine, clock, random, sealer: undefined, endpointsPerKey: 50 },
  urlProblem: urlProblemOf(new DestinationPolicy([])),
});

/** Keeps secrets readable, so that a test sees whether they were sealed. */
const sealer: SecretSealer = {
  seal: (secret, createdMs) => ({ sealed: `sealed ${secret}`, hint: secret.slice(-4), createdMs }),
  open: ({ sealed }) => sealed.slice("sealed ".length),
};

/** Webhooks that are set up. An API key may have two endpoints. */
export const someWebhooks = (engine: Engine, clock: Clock): WebhookParts => ({
  ...{ ...noWebhooks(engine, clock), sealer, endpointsPerKey: 2 },
});

export const keyId = "aaaa" as KeyId;
export const url = "https://example.com/hook";

/** The service that gateways call, on a real Redis, with webhooks that are set up. */
export async function setup(change: Partial<WebhookParts> = {}) {
  const { url: redisUrl, rootPrefix } = await redisForTests();
  const clock = new ManualClock();
  // A test sends more requests at once than a scheduler allows.
  const internalLimits = { maxRunning: 2_000, maxRunningPerPool: 2_000 };
  const options = { redis: { url: redisUrl }, rootPrefix, internalLimits };
  const engine = await openEngine({ ...options, clock, random });
  onTestFinished(() => engine.close());
  for (const name of ["documents", WEBHOOK_QUEUE]) {
    await engine.defineQueue({ name: name as QueueName });
  }
  const { allowed } = parseAllowedDestinations("10.0.0.0/8, http://intranet.example.com");
  const webhooks = {
    ...{ engine, clock, random, sealer, endpointsPerKey: 50 },
    urlProblem: urlProblemOf(new DestinationPolicy(allowed)),
    ...change,
  };
  const roomy = memoryPressure({ shedPercent: 90, resumePercent: 80 });
  const observer = jobObserver(createMetrics("scheduler"));
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [
      schedulerService({
        ...{ engine, observer, clock, pressure: roomy, webhooks, workers: noWorkers },
        jobTokens: new JobTokens(() => Buffer.alloc(32, "a")),
      }),
    ],
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const client = grpcClient(SchedulerService, server.address);
  onTestFinished(() => client.close());
  const { rpc } = client;
  const newCall = (request: object = {}, key: string = keyId) => ({
    keyId: key,
    endpointId: newWebhookEndpointId(clock.nowMs(), random),
    request: { url, secret: newWebhookSecret(random), ...request },
  });
  const create = async (request: object = {}, key: string = keyId) => {
    const { response } = await rpc.createWebhookEndpoint(newCall(request, key));
    const { endpoint, secret = "" } = response ?? {};
    if (endpoint === undefined) throw new Error("the answer has no endpoint");
    return { endpoint, secret, endpointId: endpoint.id };
  };
  const store: WebhookEndpoints = engine.webhookEndpoints;
  return { engine, store, clock, rpc, newCall, create };
}
