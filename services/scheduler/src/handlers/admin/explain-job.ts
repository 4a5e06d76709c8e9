import { create } from "@bufbuild/protobuf";
import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import { ExplainRequestSchema } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { ownerOf } from "../../operators/owner-of-job.ts";
import type { AllWorkers } from "../../session/all-workers.ts";
import type { Operator } from "../../tokens/operator-tokens.ts";
import { explain } from "../explain.ts";

/** Explains a job as its owner would see it. */
export const explainJob = (
  engine: Pick<Engine, "explain" | "getJobs">,
  clock: Clock,
  workers: Pick<AllWorkers, "list">,
): Handler<(typeof AdminService)["method"]["explainJob"], Operator> => {
  const explainOwn = explain(engine, clock, workers);
  return async ({ jobId }, context) => {
    const request = create(ExplainRequestSchema, { keyId: ownerOf(jobId), explain: { jobId } });
    const { explanation } = await explainOwn(request, { ...context, identity: undefined });
    return explanation === undefined ? {} : { explanation };
  };
};
