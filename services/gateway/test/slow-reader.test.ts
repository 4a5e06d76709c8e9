import { once } from "node:events";
import { request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import type { DocumentStore } from "@millrace/documents";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { bindService, grpcClient, notImplemented, serve, serveHttp } from "@millrace/runtime";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { expect, onTestFinished, test } from "vitest";
import { gatewayParts } from "../src/gateway-parts.ts";
import { gatewayRoutes } from "../src/http/routes.ts";
import { schedulerClock } from "../src/scheduler/scheduler-clock.ts";
import { gatewayServices } from "../src/service.ts";
import { noWebhooks } from "./no-webhooks.ts";

const jobId = "documents~ours~01JDXW5T5Q6M3C9N2V8K4H7R1B";
const total = 10_000;
const onBug = (error: unknown) => {
  throw error;
};

/** A scheduler with a job that has written 640 MB of output, and a gateway in front of it. */
async function setup() {
  let sent = 0;
  const left = Promise.withResolvers<void>();
  const none = notImplemented;
  const scheduler = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    clock,
    onBug,
    services: [
      bindService(SchedulerService, {
        ...{
          submit: none,
          list: none,
          watchFinished: none,
          cancel: none,
          getQueue: none,
          listModels: none,
          remove: none,
        },
        ...{ explain: none, getTime: none, createGroup: none, closeGroup: none, getGroup: none },
        ...{ createSchedule: none, getSchedule: none, listSchedules: none, updateSchedule: none },
        ...{ deleteSchedule: none, pauseSchedule: none, runSchedule: none },
        ...{ listGroups: none, listGroupChildren: none, watchGroup: none, cancelGroup: none },
        ...{ findDocumentUses: none, listSpend: none, quote: none },
        ...{ createJobToken: none, authenticateJobToken: none },
        ...noWebhooks,
        authenticate: () => ({ name: "ours" }),
        getJobs: () => ({ jobs: [{ id: jobId }] }),
        async *watch() {
          try {
            while (sent < total) {
              const content = { case: "text" as const, value: "x".repeat(64 * 1024) };
              const chunks = [{ offset: BigInt(sent), content }];
              sent += 1;
              yield { event: { event: { case: "chunks" as const, value: { chunks } } } };
            }
          } finally {
            left.resolve();
          }
        },
      }),
    ],
  });
  onTestFinished(() => scheduler.close());
  const client = grpcClient(SchedulerService, scheduler.address);
  onTestFinished(() => client.close());
  const documents = {} as DocumentStore;
  const parts = gatewayParts({
    ...{ scheduler: client.rpc, documents, clock, random, metrics: createMetrics("gateway") },
    schedulerClock: schedulerClock({ scheduler: client.rpc, local: clock }),
    schedulerDeadlineMs: 10_000,
  });
  onTestFinished(() => parts.close());
  const gateway = await serveHttp({
    listen: { host: "127.0.0.1", port: 0 },
    services: gatewayServices(parts),
    routes: gatewayRoutes(parts, clock),
    authenticate: parts.authenticate,
    clock,
    onBug,
  });
  onTestFinished(() => gateway.close());
  return { url: `http://${gateway.address}`, sent: () => sent, left: left.promise };
}

const path = `/v1/jobs/${jobId}/events`;
const headers = { authorization: `Bearer mr_ours_${"a".repeat(32)}` };

test.each(["HTTP/1.1", "HTTP/2"])(
  "holds back a job's output for a reader of events on %s that does not read, and ends the watch when it leaves",
  async (version) => {
    const { url, sent, left } = await setup();
    let leave: () => void;
    if (version === "HTTP/2") {
      const session = connectHttp2(url);
      const stream = session.request({ ":path": path, ...headers });
      await once(stream, "response");
      leave = () => session.destroy();
    } else {
      const reading = request(url + path, { headers }).end();
      await once(reading, "response");
      leave = () => reading.destroy();
    }
    // Each round trip is time in which a relay without back-pressure would go on.
    for (let round = 0; round < 300; round += 1) {
      await (await fetch(`${url}/v1/jobs/${jobId}`, { headers })).text();
    }
    expect(sent()).toBeGreaterThan(0);
    expect(sent()).toBeLessThan(total / 20);
    leave();
    await left;
  },
);
