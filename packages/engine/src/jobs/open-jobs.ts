import type { Models } from "../models/contract.ts";
import { byShard } from "../redis/by-shard.ts";
import { shardIndex } from "../redis/keys.ts";
import type { EngineParts } from "../redis/parts.ts";
import { stampOf } from "../redis/stamp.ts";
import type { SignalHub } from "../signals/signal-hub.ts";
import { cancelJob } from "./cancel_job.ts";
import type { JobSettings, JobSpec, Jobs, SubmitOutcome } from "./contract.ts";
import type { EndNews } from "./end-news.ts";
import { listJobs } from "./list-jobs.ts";
import type { OtherEndsParts } from "./other-ends.ts";
import { promoteJobs } from "./promote_jobs.ts";
import { readFinished } from "./read_finished.ts";
import { readJobs } from "./read_jobs.ts";
import { removeJob } from "./remove_job.ts";
import { resolveModels } from "./resolve-models.ts";
import { keyOrder, submit } from "./submit.ts";

export interface JobsParts extends EngineParts<JobSettings>, OtherEndsParts {
  /** How many bytes a key may store in a queue if its budget sets no limit. */
  readonly bytesLimit: () => number;
  readonly models: Pick<Models, "lookUp">;
  readonly ends: Pick<EndNews, "submitting" | "notSubmitted">;
  readonly hub: Pick<SignalHub, "origin" | "tellOfWork">;
}

export function openJobs(parts: JobsParts): Jobs {
  const { redis, clock, shards, ends } = parts;
  return {
    async submit(jobs) {
      for (const { id } of jobs) ends.submitting(id);
      let outcomes: readonly SubmitOutcome[] = [];
      try {
        outcomes = await submitTo(parts, jobs);
        return outcomes;
      } finally {
        for (const [index, { id }] of jobs.entries()) {
          if (outcomes[index]?.kind !== "accepted") ends.notSubmitted(id);
        }
      }
    },

    getJobs: async (ids, view = "full") =>
      byShard(
        ids,
        await shards.forJobs(ids),
        () => (view === "summary" ? 1_024 : 32_768),
        ({ base }, group) => readJobs.run(redis, base, { view, ids: group }),
        () => undefined,
      ),

    getFinished: async (ids) =>
      byShard(
        ids,
        await shards.forJobs(ids),
        () => 32_768,
        ({ base }, group) => readFinished.run(redis, base, { ids: group }),
        () => ({ kind: "notFound" }),
      ),

    async listJobs(filter) {
      const all = await shards.ofQueue(filter.queue);
      const shard = all[shardIndex(filter.keyId, Math.max(1, all.length))];
      return shard === undefined ? { jobs: [] } : listJobs(redis, shard, filter);
    },

    async cancel(jobId, reason) {
      const shard = await shards.ofJob(jobId);
      if (shard === undefined) return { kind: "notFound" };
      const message = reason === "" ? "cancelled" : reason;
      const keepFailedMs = shard.definition.retainFailedMs;
      const request = { ...stampOf(clock), keepFailedMs, jobId, message };
      const { outcome, others } = await cancelJob.run(redis, shard.base, request);
      if (others !== undefined) parts.onOtherEnds(others);
      return outcome;
    },

    async remove(jobId) {
      const shard = await shards.ofJob(jobId);
      if (shard === undefined) return "notFound";
      return removeJob.run(redis, shard.base, { ...stampOf(clock), jobId });
    },

    async promote(queue, limit) {
      const stamp = stampOf(clock);
      const results = await Promise.all(
        (await shards.ofQueue(queue)).map(({ base }) =>
          promoteJobs.run(redis, base, { ...stamp, limit }),
        ),
      );
      const due = results.flatMap(({ nextDueMs }) => (nextDueMs === undefined ? [] : [nextDueMs]));
      return {
        promoted: results.reduce((sum, { promoted }) => sum + promoted, 0),
        ...(due.length === 0 ? {} : { nextDueMs: Math.min(...due) }),
      };
    },
  };
}

async function submitTo(
  { redis, clock, shards, bytesLimit, models, hub }: JobsParts,
  given: readonly JobSpec[],
): Promise<readonly SubmitOutcome[]> {
  const { jobs, refused } = await resolveModels(models, given);
  const stamp = stampOf(clock);
  const shardOf = await shards.forJobs(jobs.map((job) => job.id));
  const order = keyOrder(jobs);
  const outcomes = await byShard<JobSpec, NonNullable<ReturnType<typeof shardOf>>, SubmitOutcome>(
    order.map((index) => jobs[index] as JobSpec),
    (job) => {
      if (refused.has(job)) return undefined;
      const shard = shardOf(job.id);
      return shard && (isFanOutChild(job) || takes(shard.definition, job.type)) ? shard : undefined;
    },
    (job) => job.payloadJson.length + 1_024,
    ({ base, definition }, group) => {
      const { maxDepthPerKey: depthLimit, maxPriority: topPriority } = definition;
      const request = {
        ...{ ...stamp, depthLimit, topPriority, bytesLimit: bytesLimit(), jobs: group },
        ...{ keepFailedMs: definition.retainFailedMs, origin: hub.origin },
      };
      // A lease that follows on the same connection finds the jobs, so nobody waits for the signal.
      return submit.run(redis, base, request, () => hub.tellOfWork(definition.name));
    },
    (job) =>
      shardOf(job.id) === undefined
        ? { kind: "unknownQueue" }
        : (refused.get(job) ?? { kind: "unknownType" }),
  );
  const results = new Array<SubmitOutcome>(jobs.length);
  order.forEach((index, i) => {
    results[index] = outcomes[i] as SubmitOutcome;
  });
  return results;
}

/** A queue restricts what callers submit. The types of a fan-out's children are a matter of the workers. */
const isFanOutChild = ({ group }: JobSpec): boolean => group?.index !== undefined;

/** Whether a queue takes jobs of a type. */
export const takes = ({ types }: Pick<JobSettings, "types">, type: string): boolean =>
  types.length === 0 || types.includes(type);
