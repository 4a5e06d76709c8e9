import { durationMs } from "@bufbuild/protobuf/wkt";
import type { JobService } from "@millrace/proto/job-service";
import { fromRpcStatus, type Handler, rpcError } from "@millrace/runtime";
import { traceOfCall } from "@millrace/telemetry";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { hasFinished } from "../messages/has-finished.ts";
import { readJob } from "../watching/read-job.ts";
import { waitFinished } from "../watching/wait-finished.ts";

export const submitJob =
  (parts: GatewayParts): Handler<typeof JobService.method.submitJob, Caller> =>
  async ({ job: spec, wait }, { identity, signal, draining, concerns, headers }) => {
    if (spec === undefined) {
      throw rpcError({ reason: "MALFORMED", message: "job: value is required" });
    }
    const { keyId } = identity;
    const waitMs = wait === undefined ? 0 : durationMs(wait);
    // The limit is checked first: a refused call must not have submitted its job.
    using _place = waitMs > 0 ? parts.streams.enter(keyId) : undefined;
    const [submitted] = await parts.submitCall(keyId, [spec], {
      returnJobs: true,
      trace: traceOfCall(headers),
    });
    if (submitted === undefined) throw new Error("the submitter returned no answer for a job");
    const { result, existing } = submitted.result;
    if (result.case === "error") throw fromRpcStatus(result.value);
    if (result.case === undefined) throw new Error("the scheduler returned no id and no error");
    const jobId = result.value;
    concerns(jobId);
    const read = () => readJob(parts.scheduler, keyId, jobId, signal);

    const job = submitted.job ?? (await read());
    // The scheduler returns a new job without its payload, which this call still has.
    if (!existing && spec.payload.case === "payloadJson") job.payloadJson = spec.payload.value;
    if (waitMs === 0 || hasFinished(job)) return { job, existing };
    const options = { waitMs, clock: parts.clock, signals: [signal, draining] };
    const finished = await waitFinished(parts.hub, jobId, options);
    if (finished === undefined) return { job: await read(), existing };
    finished.payloadJson = job.payloadJson;
    return { job: finished, existing };
  };
