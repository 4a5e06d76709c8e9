import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMillrace } from "@millrace/client";
import { openDocumentStore } from "@millrace/documents";
import { JobState } from "@millrace/proto/job";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { grpcClient, serve } from "@millrace/runtime";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
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
    services: gatewayServices({ scheduler: client.rpc, documents, submit }),
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
  const [first, bad] = await Promise.all([
    millrace.submit(job),
    millrace.submit({ ...job, queue: "NO" }),
    millrace.submit(job),
  ]);
  expect(bad?.result.case).toBe("error");
  expect(double.groups).toEqual([2]);
  const jobId = first?.result.case === "jobId" ? first.result.value : "";
  expect((await millrace.getJob(jobId))?.id).toBe(jobId);
  expect((await millrace.list({ queue: "documents" })).jobs).toHaveLength(2);
  expect((await millrace.cancel(jobId))?.state).toBe(JobState.CANCELLED);
});

test("leaving a watch ends it at the scheduler", async () => {
  const { millrace, double } = await setup();
  const { result } = await millrace.submit(job);
  for await (const { event } of millrace.watch(result.case === "jobId" ? result.value : "")) {
    expect(event.case).toBe("job");
    break;
  }
  await double.watchLeft;
});

test("large jobs that are submitted at once go up in messages that the gateway takes", async () => {
  const { millrace } = await setup();
  const value = JSON.stringify({ a: "x".repeat(250_000) });
  const large = { ...job, payload: { case: "payloadJson" as const, value } };
  const accepted = await Promise.all(Array.from({ length: 30 }, () => millrace.submit(large)));
  expect(accepted.filter(({ result }) => result.case === "jobId")).toHaveLength(30);
});
