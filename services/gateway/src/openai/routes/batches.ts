import { create } from "@bufbuild/protobuf";
import type { Job } from "@millrace/proto/job";
import {
  CancelJobRequestSchema,
  JobService,
  ListJobsRequestSchema,
} from "@millrace/proto/job-service";
import { RpcFault } from "@millrace/runtime";
import { BATCH_TYPE, isUlid, parseJobId } from "@millrace/shared";
import { ownDocument } from "../../documents/own-document.ts";
import { cancelJob } from "../../handlers/cancel-job.ts";
import { listJobs } from "../../handlers/list-jobs.ts";
import { jsonAnswer } from "../../http/json-answer.ts";
import { assertJson } from "../../http/read-json.ts";
import { hasFinished } from "../../messages/has-finished.ts";
import { batchObject, jobIdOfBatch } from "../batches/batch-object.ts";
import { jobOfBatch } from "../batches/batch-request.ts";
import { type Batch, batchObjects, readBatch } from "../batches/read-batch.ts";
import { malformed, readBody } from "../jobs/read-call.ts";
import { type Context, submitted } from "../jobs/run-job.ts";
import { page, pageQueryOf } from "../lists/page.ts";
import { jobHeader, type OpenAiParts, type OpenAiRoute } from "./route-parts.ts";

const { submitJob, listJobs: list, cancelJob: cancel } = JobService.method;
const REASON = "its batch was cancelled";

/** POST /v1/batches: a job that makes the lines of its file its children. */
const createBatchRoute = ({ parts, places }: OpenAiParts): OpenAiRoute => ({
  method: "POST",
  path: "/v1/batches",
  rpc: submitJob,
  async handle({ headers, body: source }, context) {
    assertJson(headers.get("content-type"));
    const { body } = await readBody(source);
    const models = await places.names();
    const { queue } = places;
    const nowMs = parts.clock.nowMs();
    const { spec, payload } = jobOfBatch(body, { headers, queue, models, nowMs });
    await ownDocument(parts.documents, payload.input_file_id, context.identity.keyId);
    const { id } = await submitted(parts, spec, context);
    // The answer to a submission leaves out the payload, and may be an existing job's.
    const [batch] = await read(parts, [id], context);
    return jsonAnswer(200, JSON.stringify(batch), jobHeader(id));
  },
});

async function read(
  parts: OpenAiParts["parts"],
  jobIds: readonly string[],
  context: Context,
): Promise<readonly object[]> {
  const { identity, signal } = context;
  if (jobIds.length === 0) return [];
  const request = { keyId: identity.keyId, jobIds: [...jobIds] };
  const { jobs } = await parts.scheduler.getJobs(request, { signal });
  return await batchObjects(parts, jobs, context);
}

/** The jobs of a page are read in as few calls as the schedulers' own limit per call allows. */
const MOST_CALLS = 50;

/** Finds batches of a caller, newest first. The flag says that there may be more. */
async function findBatches(
  { parts, places }: OpenAiParts,
  limit: number,
  after: string | undefined,
  context: Context,
): Promise<{ readonly jobs: readonly Job[]; readonly more: boolean }> {
  const jobs: Job[] = [];
  let pageToken = after ?? "";
  for (let call = 0; call < MOST_CALLS; call += 1) {
    const pageSize = limit + 1 - jobs.length;
    const filter = { queue: places.queue, type: BATCH_TYPE, pageSize, pageToken };
    const found = await listJobs(parts)(create(ListJobsRequestSchema, filter), context);
    jobs.push(...((found.jobs ?? []) as Job[]));
    pageToken = found.nextPageToken ?? "";
    if (jobs.length > limit) return { jobs: jobs.slice(0, limit), more: true };
    if (pageToken === "") return { jobs, more: false };
  }
  return { jobs, more: true };
}

/** GET /v1/batches: the newest first. */
const listBatchesRoute = (openAi: OpenAiParts): OpenAiRoute => ({
  method: "GET",
  path: "/v1/batches",
  rpc: list,
  async handle({ query }, context) {
    const { limit, after } = pageQueryOf(query);
    const unique = after === undefined ? undefined : parseJobId(jobIdOfBatch(after))?.unique;
    if (after !== undefined && (unique === undefined || !isUlid(unique))) {
      throw malformed("after", "is no batch's id");
    }
    const { jobs, more } = await findBatches(openAi, limit, unique, context);
    const ids = jobs.map(({ id }) => id);
    const batches = await read(openAi.parts, ids, context);
    return jsonAnswer(200, JSON.stringify(page(batches as never, more)));
  },
});

/** Cancels the lines of a batch, and lets its job write what there is. A batch without lines ends itself. */
async function stop(
  { parts }: OpenAiParts,
  { job, group }: Batch,
  context: Context,
): Promise<void> {
  const { identity, signal } = context;
  try {
    if (group === undefined) {
      const request = create(CancelJobRequestSchema, { jobId: job.id, reason: REASON });
      await cancelJob(parts)(request, context);
    } else {
      const cancel = { groupId: group.id, reason: REASON };
      await parts.scheduler.cancelGroup({ keyId: identity.keyId, cancel }, { signal });
    }
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof RpcFault) || error.reason !== "ILLEGAL_TRANSITION") throw error;
  }
}

/** The routes of batches. Only API keys may call them: a batch is more than the job that a token is for. */
export const batchRoutes = (openAi: OpenAiParts): OpenAiRoute[] => {
  const { parts } = openAi;
  return [
    createBatchRoute(openAi),
    listBatchesRoute(openAi),
    {
      ...{ method: "GET", path: "/v1/batches/{id}", rpc: list },
      async handle({ params: { id = "" } }, context) {
        const { job, group } = await readBatch(parts, id, context);
        return jsonAnswer(200, JSON.stringify(batchObject(job, group)), jobHeader(job.id));
      },
    },
    {
      ...{ method: "POST", path: "/v1/batches/{id}/cancel", rpc: cancel },
      async handle({ params: { id = "" } }, context) {
        const batch = await readBatch(parts, id, context);
        if (!hasFinished(batch.job)) await stop(openAi, batch, context);
        const { job, group } = await readBatch(parts, id, context);
        return jsonAnswer(200, JSON.stringify(batchObject(job, group)), jobHeader(job.id));
      },
    },
  ];
};
