/** One system for all ways, and its clients: gRPC, HTTP, the client, the command line and the engine. */
import type { DescService } from "@bufbuild/protobuf";
import { connectMillrace } from "@millrace/client";
import { openEngine } from "@millrace/engine";
import { startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { DocumentService } from "@millrace/proto/document-service";
import { GroupService } from "@millrace/proto/group-service";
import type { Job } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { ScheduleService } from "@millrace/proto/schedule-service";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { WebhookService } from "@millrace/proto/webhook-service";
import { grpcClient } from "@millrace/runtime";
import {
  systemClock as clock,
  type JobId,
  parseApiKey,
  systemRandom as random,
} from "@millrace/shared";
import { commandLine } from "./command-line.ts";
import type { Ledger } from "./ledger.ts";

export type World = Awaited<ReturnType<typeof startWorld>>;

export async function startWorld(ledger: Ledger) {
  const parts = new AsyncDisposableStack();
  const system = parts.use(
    await startSystem({
      workers: 0,
      queues: [],
      settings: {
        scheduler: {
          MILLRACE_SCHEDULER_ID: "the-scheduler",
          // Long enough for a busy machine, and short enough to wait until a lost worker's lease expires.
          MILLRACE_LEASE_MS: "8000",
          MILLRACE_REAP_EVERY_MS: "50",
          MILLRACE_PROVIDER_FAILURES: "2",
          MILLRACE_STOP_GRACE_MS: "60000",
          MILLRACE_WEBHOOK_KEY: Buffer.alloc(32, "k").toString("base64"),
        },
      },
    }),
  );
  const { apiKey } = system;
  const client = <Service extends DescService>(desc: Service, address = "", token?: string) => {
    const made = grpcClient(desc, address, token === undefined ? {} : { token });
    parts.defer(() => made.close());
    return made.rpc;
  };
  const scheduler = system.schedulers[0]?.addresses;
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  parts.defer(() => millrace.close());
  const engine = await openEngine({ redis: { url: system.redis.url }, clock, random });
  parts.defer(() => engine.close());
  const jobs = client(JobService, system.gatewayTarget(), apiKey);

  const http = (path: string, init: RequestInit = {}) =>
    fetch(system.httpUrl + path, {
      ...init,
      headers: { authorization: `Bearer ${apiKey}`, ...(init.headers as Record<string, string>) },
    });

  return {
    ...{ ledger, system, apiKey, millrace, engine, jobs, http },
    keyId: String(parseApiKey(apiKey)?.keyId),
    workers: String(scheduler?.workers),
    admin: client(AdminService, scheduler?.admin),
    scheduler: client(SchedulerService, scheduler?.address),
    groups: client(GroupService, system.gatewayTarget(), apiKey),
    schedules: client(ScheduleService, system.gatewayTarget(), apiKey),
    documents: client(DocumentService, system.gatewayTarget(), apiKey),
    webhooks: client(WebhookService, system.gatewayTarget(), apiKey),
    callerOf: (key: string) => client(JobService, system.gatewayTarget(), key),
    cliLines: commandLine({
      apiKey,
      gateway: system.gatewayTarget(),
      operators: String(scheduler?.admin),
    }),
    /** Resolves with the job, as its caller sees it, once it satisfies `matches`. */
    async jobOnceIt(jobId: string, matches: (job: Job) => boolean): Promise<Job> {
      for await (const { event } of jobs.watchJob({ jobId })) {
        if (event.case === "job" && matches(event.value)) return event.value;
      }
      throw new Error(`${jobId} ended without reaching the expected state`);
    },
    /** Reads the job as it is stored, with everything that was submitted. */
    async stored(jobId: string) {
      const [record] = await engine.getJobs([jobId as JobId]);
      if (record === undefined) throw new Error(`there is no job ${jobId}`);
      return record;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
