import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMillrace } from "@millrace/client";
import { openDocumentStore } from "@millrace/documents";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { grpcClient, serve } from "@millrace/runtime";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { expect, onTestFinished, test } from "vitest";
import { createAuthenticator } from "../src/caller.ts";
import { gatewayServices } from "../src/service.ts";
import { createSubmitter } from "../src/submitter.ts";
import { startSchedulerDouble } from "./scheduler-double.ts";

const job = { queue: "documents", type: "summarize" };

async function setup() {
  const secret = "a".repeat(32);
  const directory = await mkdtemp(join(tmpdir(), "millrace-client-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const double = await startSchedulerDouble({ ours: secret });
  onTestFinished(() => double.close());
  const client = grpcClient(SchedulerService, double.address);
  onTestFinished(() => client.close());
  const documents = await openDocumentStore({ directory, maxBytes: 1_000, clock, random });
  const submit = createSubmitter({ scheduler: client.rpc, documents, clock, random });
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: gatewayServices({
      ...{ scheduler: client.rpc, documents, submit, metrics: createMetrics() },
    }),
    authenticate: createAuthenticator(client.rpc),
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const millrace = connectMillrace({ address: server.address, apiKey: `mr_ours_${secret}` });
  onTestFinished(() => millrace.close());
  return { millrace, double };
}

test("the client submits calls at once as one group, and reads, lists and cancels", async () => {
  const { millrace, double } = await setup();
  const [first, bad] = await Promise.allSettled([
    millrace.submit(job),
    millrace.submit({ ...job, queue: "NO" }),
    millrace.submit(job),
  ]);
  expect(bad).toMatchObject({
    status: "rejected",
    reason: {
      code: "INVALID_ARGUMENT",
      reason: "MALFORMED",
      violations: [{ field: "queue" }],
      retryable: false,
    },
  });
  expect(double.groups).toEqual([2]);
  const jobId = first.status === "fulfilled" ? first.value.jobId : "";
  expect((await millrace.getJob(jobId)).id).toBe(jobId);
  expect(await Array.fromAsync(millrace.list({ queue: "documents" }))).toHaveLength(2);
  expect((await millrace.cancel(jobId)).state).toBe("CANCELLED");
});

test("leaving a watch ends it at the scheduler", async () => {
  const { millrace, double } = await setup();
  const { jobId } = await millrace.submit(job);
  for await (const event of millrace.watch(jobId)) {
    expect(event.kind).toBe("job");
    break;
  }
  await double.watchLeft;
});

test("large jobs that are submitted at once go up in messages that the gateway takes", async () => {
  const { millrace } = await setup();
  const large = { ...job, payload: { a: "x".repeat(250_000) } };
  const accepted = await millrace.submitMany(Array.from({ length: 30 }, () => large));
  expect(accepted.filter(({ kind }) => kind === "accepted")).toHaveLength(30);
});
