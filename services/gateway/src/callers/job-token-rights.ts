import { methodPath } from "@millrace/grpc";
import { JobService } from "@millrace/proto/job-service";
import { rpcError } from "@millrace/runtime";
import type { Caller } from "./credential.ts";

export const DEFAULT_JOB_TOKEN_MS = 900_000;

const { getJob, watchJob, explainJob, cancelJob } = JobService.method;
const reads = [getJob, watchJob, explainJob].map((method) => methodPath(method));

/** The methods that each right allows. `assertOwnJob` limits them to the token's job. */
const allowed = {
  read: new Set(reads),
  cancel: new Set([...reads, methodPath(cancelJob)]),
};

/** The methods that some job token allows. */
export const tokenMethods: ReadonlySet<string> = allowed.cancel;

/** Throws NOT_ALLOWED if the caller showed a job token, and this method is not what it is for. */
export function assertTokenAllows({ jobToken }: Caller, path: string): void {
  if (jobToken === undefined || allowed[jobToken.right].has(path)) return;
  throw rpcError({
    reason: "NOT_ALLOWED",
    message:
      jobToken.right === "read"
        ? "this job token only allows to get, watch and explain its job: use an API key"
        : "this job token only allows to get, watch, explain and cancel its job: use an API key",
  });
}
