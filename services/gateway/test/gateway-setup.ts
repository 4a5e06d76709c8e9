import { mkdtemp, readdir, rm, watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDocumentStore, type S3Place } from "@millrace/documents";
import { DocumentService } from "@millrace/proto/document-service";
import { GroupService } from "@millrace/proto/group-service";
import type { JobSpec } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { grpcClient, serve } from "@millrace/runtime";
import { type Clock, type KeyId, systemRandom as random, systemClock } from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { onTestFinished } from "vitest";
import { gatewayParts } from "../src/gateway-parts.ts";
import { schedulerClient } from "../src/scheduler/scheduler-client.ts";
import { schedulerClock } from "../src/scheduler/scheduler-clock.ts";
import { gatewayServices } from "../src/service.ts";
import { startSchedulerDouble } from "./scheduler-double.ts";

export const secret = "a".repeat(32);
export const other = "b".repeat(32);
/** The fields that every job needs. */
export const job = { queue: "documents", type: "summarize" };

/** A gateway on real gRPC with two API keys, in front of a scheduler that keeps jobs in memory. */
export async function startGateway(
  clock: Clock = systemClock,
  { s3, ...options }: { streamsPerKey?: number; submissionsPerKey?: number; s3?: S3Place } = {},
) {
  const directory = await mkdtemp(join(tmpdir(), "millrace-gateway-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const double = await startSchedulerDouble({ ours: secret, theirs: other }, clock);
  onTestFinished(() => double.close());
  const client = schedulerClient({
    address: double.address,
    deadlineMs: 10_000,
    clock: systemClock,
    random,
  });
  onTestFinished(() => client.close());
  const place = s3 === undefined ? { directory } : { s3 };
  const documents = await openDocumentStore({ ...place, maxBytes: 1_000, clock, random });
  const parts = gatewayParts({
    ...{ scheduler: client.rpc, documents, clock, random, metrics: createMetrics("gateway") },
    schedulerClock: schedulerClock({ scheduler: client.rpc, local: clock }),
    schedulerDeadlineMs: 10_000,
    ...options,
  });
  onTestFinished(() => parts.close());
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: gatewayServices(parts),
    authenticate: parts.authenticate,
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const as = (token: string) => {
    const jobs = grpcClient(JobService, server.address, { token });
    const files = grpcClient(DocumentService, server.address, { token });
    const groups = grpcClient(GroupService, server.address, { token });
    onTestFinished(() => {
      jobs.close();
      groups.close();
      files.close();
    });
    return { jobs: jobs.rpc, groups: groups.rpc, files: files.rpc };
  };
  const stored = () => readdir(directory);
  const watching = new AbortController();
  onTestFinished(() => watching.abort());
  const changes = watch(directory, { signal: watching.signal });
  const changed = async () => void (await changes.next());
  const submit = async (...specs: JobSpec[]) =>
    (await parts.submit("ours" as KeyId, specs)).map(({ result }) => result.result);
  return {
    double,
    submit,
    stored,
    changed,
    as,
    ours: as(`mr_ours_${secret}`),
    theirs: as(`mr_theirs_${other}`),
  };
}
