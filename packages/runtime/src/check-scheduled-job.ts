import { isFieldSet } from "@bufbuild/protobuf";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { checkJob } from "./check-job.ts";
import { RpcFault, rpcError } from "./rpc-fault.ts";

/** Members that belong to one job. A schedule makes many. */
const ofOneJob: ReadonlySet<string> = new Set([
  ...["run_at", "expires_at", "deadline", "idempotency_key", "traceparent", "tracestate"],
  ...["deduplication", "group_id", "max_cost_micros", "refuse_late"],
]);

/**
 * Throws MALFORMED or TOO_LARGE if a schedule cannot submit such a job, with fields as the schedule's spec names them. Turns
 * the payload into JSON text.
 */
export function checkScheduledJob(job: JobSpec, nowMs: number): void {
  const excess = JobSpecSchema.fields.find(
    (field) => ofOneJob.has(field.name) && isFieldSet(job, field),
  );
  if (excess !== undefined) {
    const field = `job.${excess.name}`;
    const description = "must be left out: it belongs to one job, and a schedule submits many";
    throw rpcError({
      reason: "MALFORMED",
      message: `${field}: ${description}`,
      violations: [{ field, description }],
    });
  }
  try {
    checkJob(job, nowMs);
  } catch (error) {
    throw error instanceof RpcFault ? within("job", error) : error;
  }
}

/** The same fault, with fields inside `parent`. */
function within(parent: string, { code, reason, message, violations, metadata }: RpcFault) {
  const named = violations.map(({ field, description }) => ({
    ...{ field: `${parent}.${field}`, description },
  }));
  const text = named.map(({ field, description }) => `${field}: ${description}`);
  return new RpcFault(code, reason, {
    ...{ message: text.length === 0 ? message : text.slice(0, 3).join("; ") },
    ...{ violations: named, metadata },
  });
}
