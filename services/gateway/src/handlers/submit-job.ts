import { durationMs } from "@bufbuild/protobuf/wkt";
import type { JobService } from "@millrace/proto/job-service";
import { fromRpcStatus, type Handler, rpcError } from "@millrace/runtime";
import type { Caller } from "../caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { readJob } from "../read-job.ts";

export const submitJob =
  ({ scheduler, submit }: GatewayParts): Handler<typeof JobService.method.submitJob, Caller> =>
  async (request, { identity, signal, concerns }) => {
    if (request.job === undefined) {
      throw rpcError({ reason: "MALFORMED", message: "job: value is required" });
    }
    const { result, existing } = await submit(identity.keyId, request.job);
    if (result.case === "error") throw fromRpcStatus(result.value);
    if (result.case === undefined) throw new Error("the scheduler answered neither id nor error");
    concerns(result.value);
    const waitMs = request.wait === undefined ? 0 : durationMs(request.wait);
    return {
      job: await readJob(scheduler, identity.keyId, result.value, { waitMs, signal }),
      existing,
    };
  };
