import { create } from "@bufbuild/protobuf";
import { type Job, JobSchema, JobState } from "@millrace/proto/job";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { bindService, notImplemented, rpcError, serve, timestampOf } from "@millrace/runtime";
import { type Clock, hashSecret, systemClock } from "@millrace/shared";

/** A scheduler on real gRPC that keeps jobs in memory and tells what it was asked. */
export async function startSchedulerDouble(
  keys: Readonly<Record<string, string>>,
  clock: Clock = systemClock,
  maxStoredBytes?: number,
) {
  const jobs = new Map<string, Job>();
  const asked: string[] = [];
  const groups: number[] = [];
  const finish = Promise.withResolvers<void>();
  let submits = { arrived: () => {}, answered: Promise.resolve() };
  const watchLeft = Promise.withResolvers<void>();
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
        async submit(request) {
          groups.push(request.jobs.length);
          submits.arrived();
          await submits.answered;
          return {
            results: request.jobs.map(({ id, spec }) => {
              const payloadJson = spec?.payload.case === "payloadJson" ? spec.payload.value : "";
              const state = JobState.QUEUED;
              jobs.set(id, create(JobSchema, { id, queue: spec?.queue ?? "", state, payloadJson }));
              return { result: { case: "jobId" as const, value: id } };
            }),
            jobs: request.jobs.flatMap(({ id, returnJob }) =>
              returnJob ? (jobs.get(id) ?? []) : [],
            ),
          };
        },
        async getJobs({ jobIds }) {
          asked.push("getJobs");
          return { jobs: jobIds.flatMap((id) => jobs.get(id) ?? []) };
        },
        list: async () => ({ page: { jobs: [...jobs.values()] } }),
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
        async cancel({ cancel }) {
          const job = jobs.get(cancel?.jobId ?? "");
          if (job === undefined) throw rpcError({ reason: "JOB_NOT_FOUND", message: "no" });
          job.state = JobState.CANCELLED;
          return { job };
        },
        getQueue: notImplemented,
        explain: notImplemented,
      }),
    ],
  });
  /** Answers no submission until `answered`; resolves once there is one. */
  const holdSubmits = (answered: Promise<void>) =>
    new Promise<void>((arrived) => {
      submits = { arrived, answered };
    });
  return {
    ...server,
    asked,
    holdSubmits,
    groups,
    finish: finish.resolve,
    watchLeft: watchLeft.promise,
  };
}
