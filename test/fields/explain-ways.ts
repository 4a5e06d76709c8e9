/** Proves why jobs wait: one exceeds its key's budget and is behind another job, and one is scheduled for later. */
import { fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { ExplainJobResponseSchema as AdminExplainJobResponseSchema } from "@millrace/proto/admin-job";
import { JobState } from "@millrace/proto/job";
import {
  ConstraintKind,
  type ExplainJobResponse,
  ExplainJobResponseSchema,
} from "@millrace/proto/job-service";
import { ExplainResponseSchema } from "@millrace/proto/scheduler-service";
import { systemClock as clock, type KeyId } from "@millrace/shared";
import { RawWorker } from "../faults/raw-worker.ts";
import { anyText } from "./expected-job.ts";
import { type Expected, Wanted } from "./ledger.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

const soon = new Wanted("a time within a day and an hour", (value) => {
  const aheadMs = timestampMs(value as Timestamp) - clock.nowMs();
  return aheadMs > -1_000 && aheadMs < 25 * 3_600_000;
});

export async function proveExplanations(world: World, choice: SpecChoice): Promise<void> {
  const { jobs, admin, keyId } = world;
  const submit = async (estimatedTokens: number, skip: readonly string[]) => {
    const spec = { ...filledSpec({ ...choice, skip }), pool: "", priority: 50, estimatedTokens };
    return String((await jobs.submitJob({ job: spec })).job?.id);
  };
  const runnable = ["run_at", "deduplication"];
  // The key has used some before, in this queue and others.
  const before = BigInt((await world.engine.keyBudgets.total(keyId as KeyId)).dayTokens.used);
  await admin.updateApiKey({ keyId, budget: { tokensPerDay: before + 1_000n } });
  const worker = new RawWorker(world.workers);
  await worker.hello(choice.queue, { credit: 4 });
  const [first, second, third, last] = [500, 400, 300, 200];
  await submit(first, runnable);
  await worker.take();
  await submit(second, runnable);
  await worker.take();
  await submit(third, runnable);
  const held = await submit(last, runnable);
  const used = before + BigInt(first + second);
  const tokens = {
    ...{ kind: ConstraintKind.KEY_DAILY_TOKENS, subject: keyId, message: anyText, clearTime: soon },
    ...{ limit: before + 1_000n, used, needed: BigInt(last) },
  };
  const order = { kind: ConstraintKind.LANE_ORDER, subject: keyId, needed: 1n, message: anyText };
  await explainEverywhere(world, held, {
    ...{ state: JobState.QUEUED, aheadInLane: 1n, estimateBasis: anyText },
    ...{ constraints: [order, tokens], estimatedStartTime: soon },
  });
  await admin.updateApiKey({ keyId, budget: {} });
  await explainModel(world, choice);
  worker.cut();
}

/** Proves what holds the routes of a job's model: nobody serves its only account. */
async function explainModel(world: World, choice: SpecChoice): Promise<void> {
  const [name, account, model] = ["unserved-model", "unserved/account", "unserved-1"];
  await world.admin.putModel({ model: { name, routes: [{ account, model }] } });
  const spec = filledSpec({ ...choice, needs: "model", skip: ["run_at", "deduplication"] });
  const { job } = await world.jobs.submitJob({ job: { ...spec, model: name } });
  const nobody = { kind: ConstraintKind.NO_WORKER, message: anyText };
  await explainEverywhere(world, String(job?.id), {
    ...{ state: JobState.QUEUED, estimateBasis: anyText, model: name },
    constraints: [{ ...nobody, subject: name }],
    routes: [{ account, model, constraints: [{ ...nobody, subject: account }] }],
  });
  await world.jobs.cancelJob({ jobId: String(job?.id) });
}

async function explainEverywhere(world: World, jobId: string, expected: Expected): Promise<void> {
  const { ledger, jobs, scheduler, millrace, keyId } = world;
  const explained = await jobs.explainJob({ jobId });
  ledger.compare("ExplainJob response", ExplainJobResponseSchema, explained, expected);
  ledger.prove("ExplainJob request", "job_id");
  const byOperator = await world.admin.explainJob({ jobId });
  ledger.compare("AdminService.ExplainJob response", AdminExplainJobResponseSchema, byOperator, {
    explanation: expected,
  });
  ledger.prove("AdminService.ExplainJob request", "job_id");
  const inner = await scheduler.explain({ keyId, explain: { jobId } });
  ledger.compare("Explain response", ExplainResponseSchema, inner, { explanation: expected });
  ledger.prove("Explain request", "key_id", "explain");
  const answered = await world.http(`/v1/jobs/${jobId}/explain`);
  const byHttp = fromJson(ExplainJobResponseSchema, (await answered.json()) as JsonObject);
  ledger.compare("HTTP GET /v1/jobs/{id}/explain", ExplainJobResponseSchema, byHttp, expected);
  const byClient = explanationOfClient(await millrace.explain(jobId));
  ledger.compare("client explain", ExplainJobResponseSchema, byClient, expected);
  for await (const line of world.cliLines("explain", jobId)) {
    const byCommand = explanationOfClient(line as object);
    ledger.compare("millrace explain", ExplainJobResponseSchema, byCommand, expected);
  }
}

/** Converts to the contract's names of states and constraints. */
function explanationOfClient(explanation: object): ExplainJobResponse {
  const { state, constraints, routes, ...same } = JSON.parse(
    JSON.stringify(explanation),
  ) as JsonObject;
  const named = (ones: unknown) =>
    (ones as JsonObject[]).map(
      ({ kind, ...rest }): JsonValue => ({ ...rest, kind: `CONSTRAINT_KIND_${kind}` }),
    );
  return fromJson(ExplainJobResponseSchema, {
    ...same,
    state: `JOB_STATE_${state}`,
    constraints: named(constraints),
    routes: (routes as JsonObject[]).map((route) => ({
      ...route,
      constraints: named(route.constraints),
    })),
  });
}
