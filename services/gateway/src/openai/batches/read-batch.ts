import type { Group } from "@millrace/proto/group";
import type { Job } from "@millrace/proto/job";
import { RpcFault } from "@millrace/runtime";
import { BATCH_TYPE } from "@millrace/shared";
import { assertOwnJob, jobNotFound } from "../../callers/own-job.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { readJob } from "../../watching/read-job.ts";
import type { Context } from "../jobs/run-job.ts";
import { batchObject, jobIdOfBatch } from "./batch-object.ts";

/** The group of a batch's lines. Undefined: it has not been made, or is no longer kept. */
async function readGroup(
  { scheduler }: GatewayParts,
  job: Job,
  { identity, signal }: Context,
): Promise<Group | undefined> {
  const groupId = job.childGroupIds.at(-1);
  if (groupId === undefined) return undefined;
  try {
    return (await scheduler.getGroup({ keyId: identity.keyId, groupId }, { signal })).group;
  } catch (error) {
    if (error instanceof RpcFault && error.reason === "GROUP_NOT_FOUND") return undefined;
    throw error;
  }
}

export interface Batch {
  readonly job: Job;
  readonly group: Group | undefined;
}

/** Reads a batch of the caller. Throws JOB_NOT_FOUND, also for a job that is no batch. */
export async function readBatch(
  parts: GatewayParts,
  batchId: string,
  context: Context,
): Promise<Batch> {
  const jobId = jobIdOfBatch(batchId);
  assertOwnJob(jobId, context);
  const job = await readJob(parts.scheduler, context.identity.keyId, jobId, context.signal);
  if (job.type !== BATCH_TYPE) throw jobNotFound(batchId);
  return { job, group: await readGroup(parts, job, context) };
}

/** Jobs that are batches, as their caller sees them. */
export const batchObjects = (parts: GatewayParts, jobs: readonly Job[], context: Context) =>
  Promise.all(jobs.map(async (job) => batchObject(job, await readGroup(parts, job, context))));
