import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Job, JobSchema, JobState } from "@millrace/proto/job";
import {
  type DocumentUseSchema,
  type NewJob,
  SchedulerService,
  type SubmitRequest,
} from "@millrace/proto/scheduler-service";
import {
  bindService,
  type Handlers,
  notImplemented,
  rpcError,
  serve,
  timestampOf,
} from "@millrace/runtime";
import { type Clock, hashSecret, systemClock } from "@millrace/shared";
import { GroupsDouble } from "./groups-double.ts";
import { noWebhooks } from "./no-webhooks.ts";

type Service = Handlers<typeof SchedulerService, undefined>;

/** The jobs of a scheduler that keeps them in memory. */
class Jobs {
  readonly asked: string[] = [];
  readonly groups: number[] = [];
  readonly submitted: NewJob[] = [];
  readonly grouped = new GroupsDouble();
  readonly finish = Promise.withResolvers<void>();
  readonly watchLeft = Promise.withResolvers<void>();
  submits = { arrived: () => {}, answered: Promise.resolve() };
  readonly #jobs = new Map<string, Job>();

  calls(): Pick<Service, "submit" | "getJobs" | "list" | "cancel"> {
    return {
      submit: async (request) => {
        this.groups.push(request.jobs.length);
        this.submitted.push(...request.jobs);
        this.grouped.joined(request);
        this.submits.arrived();
        await this.submits.answered;
        return this.#submit(request);
      },
      getJobs: async ({ jobIds }) => {
        this.asked.push("getJobs");
        return { jobs: jobIds.flatMap((id) => this.#jobs.get(id) ?? []) };
      },
      list: async () => ({ page: { jobs: [...this.#jobs.values()] } }),
      cancel: async ({ cancel }) => {
        const job = this.#jobs.get(cancel?.jobId ?? "");
        if (job === undefined) throw rpcError({ reason: "JOB_NOT_FOUND", message: "no" });
        job.state = JobState.CANCELLED;
        return { job };
      },
    };
  }

  #submit(request: SubmitRequest) {
    return {
      results: request.jobs.map(({ id, spec }) => {
        const payloadJson = spec?.payload.case === "payloadJson" ? spec.payload.value : "";
        const state = JobState.QUEUED;
        this.#jobs.set(id, create(JobSchema, { id, queue: spec?.queue ?? "", state, payloadJson }));
        return { result: { case: "jobId" as const, value: id } };
      }),
      jobs: request.jobs.flatMap(({ id, returnJob }) =>
        returnJob ? (this.#jobs.get(id) ?? []) : [],
      ),
    };
  }

  watches(): Pick<Service, "watch" | "watchFinished"> {
    const { finish, watchLeft } = this;
    const jobs = this.#jobs;
    return {
      async *watch({ watch }, { signal }) {
        const job = jobs.get(watch?.jobId ?? "");
        if (job !== undefined) yield { event: { event: { case: "job" as const, value: job } } };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        watchLeft.resolve();
      },
      async *watchFinished(requests) {
        for await (const { addJobIds } of requests) {
          await finish.promise;
          for (const id of addJobIds) {
            const job = jobs.get(id);
            if (job === undefined) continue;
            job.state = JobState.SUCCEEDED;
            yield { jobs: [job] };
          }
        }
      },
    };
  }
}

/** A scheduler on real gRPC that keeps jobs in memory, and records the requests that it gets. */
const noSchedules = {
  ...{ createSchedule: notImplemented, getSchedule: notImplemented, runSchedule: notImplemented },
  ...{ listSchedules: notImplemented, updateSchedule: notImplemented },
  ...{
    quote: notImplemented,
    listSpend: notImplemented,
    deleteSchedule: notImplemented,
    pauseSchedule: notImplemented,
  },
};

export async function startSchedulerDouble(
  keys: Readonly<Record<string, string>>,
  clock: Clock = systemClock,
  maxStoredBytes?: number,
  calls: Partial<Service> = {},
) {
  const jobs = new Jobs();
  /** What FindDocumentUses answers. */
  const uses = new Map<string, MessageInitShape<typeof DocumentUseSchema>>();
  const { asked, groups, submitted, grouped, finish, watchLeft } = jobs;
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    clock: systemClock,
    onBug: (error) => {
      throw error;
    },
    services: [
      bindService(SchedulerService, {
        async authenticate({ keyId, secretSha256 }) {
          asked.push("authenticate");
          const secret = keys[keyId];
          if (secret === undefined || !hashSecret(secret).equals(secretSha256)) {
            throw rpcError({ reason: "UNAUTHENTICATED", message: "no" });
          }
          const bound =
            maxStoredBytes === undefined ? {} : { maxStoredBytes: BigInt(maxStoredBytes) };
          return { name: keyId, ...bound };
        },
        getTime: async () => ({ time: timestampOf(clock.nowMs()) }),
        ...jobs.calls(),
        ...jobs.watches(),
        ...grouped.calls(asked),
        ...noWebhooks,
        getQueue: notImplemented,
        listModels: notImplemented,
        findDocumentUses: async ({ documentIds }) => ({
          uses: documentIds.flatMap((documentId) => uses.get(documentId) ?? []),
        }),
        explain: notImplemented,
        remove: notImplemented,
        createJobToken: notImplemented,
        authenticateJobToken: notImplemented,
        ...noSchedules,
        ...calls,
      }),
    ],
  });
  /** Answers no submission until `answered` is called. Resolves once there is a submission. */
  const holdSubmits = (answered: Promise<void>) =>
    new Promise<void>((arrived) => {
      jobs.submits = { arrived, answered };
    });
  return {
    ...server,
    ...{ asked, groups, submitted, grouped, holdSubmits, uses },
    finish: finish.resolve,
    watchLeft: watchLeft.promise,
  };
}
