import { create } from "@bufbuild/protobuf";
import { type SubmitResult, SubmitResultSchema } from "@millrace/proto/job-service";
import { type RpcFault, toRpcStatus } from "@millrace/runtime";

/** The result of a job that was not submitted. */
export const refusedResult = (fault: RpcFault): SubmitResult =>
  create(SubmitResultSchema, { result: { case: "error", value: toRpcStatus(fault) } });
