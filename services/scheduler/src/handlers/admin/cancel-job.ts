import { create } from "@bufbuild/protobuf";
import type { Engine } from "@millrace/engine";
import { CancelJobRequestSchema } from "@millrace/proto/admin-job";
import type { AdminService } from "@millrace/proto/admin-service";
import { CancelRequestSchema } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import type { JobObserver } from "../../observing/job-observer.ts";
import { ownerOf } from "../../operators/owner-of-job.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import type { Operator } from "../../tokens/operator-tokens.ts";
import { cancel } from "../cancel.ts";

/** Cancels a job as its owner could, and records who did. */
export const cancelJob = (
  engine: Pick<Engine, "cancel" | "getJobs" | "clock">,
  observer: Pick<JobObserver, "ended">,
  record: RecordChange,
): Handler<(typeof AdminService)["method"]["cancelJob"], Operator> => {
  const cancelOwn = cancel(engine, observer);
  return (request, context) => {
    const { jobId, reason } = request;
    const own = create(CancelRequestSchema, { keyId: ownerOf(jobId), cancel: { jobId, reason } });
    const change = { by: context.identity, action: "CancelJob", subject: jobId, request };
    return record({ ...change, schema: CancelJobRequestSchema }, async () => {
      const { job } = await cancelOwn(own, { ...context, identity: undefined });
      return job === undefined ? {} : { job };
    });
  };
};
