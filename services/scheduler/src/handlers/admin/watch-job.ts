import { create } from "@bufbuild/protobuf";
import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import { WatchRequestSchema } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import { ownerOf } from "../../operators/owner-of-job.ts";
import type { Operator } from "../../tokens/operator-tokens.ts";
import { watch } from "../watch.ts";

/** Watches a job as its owner would see it. */
export const watchJob = (
  engine: Pick<Engine, "getJobs" | "readOutput" | "followOutput">,
): Handler<(typeof AdminService)["method"]["watchJob"], Operator> => {
  const watchOwn = watch(engine);
  return async function* ({ jobId, fromOffset }, context) {
    const own = { keyId: ownerOf(jobId), watch: { jobId, fromOffset } };
    const request = create(WatchRequestSchema, own);
    for await (const { event } of watchOwn(request, { ...context, identity: undefined })) {
      if (event !== undefined) yield { event };
    }
  };
};
