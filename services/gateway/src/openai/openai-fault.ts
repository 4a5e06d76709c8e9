import { status } from "@grpc/grpc-js";
import { RpcFault } from "@millrace/runtime";
import { errorOfFault, type OpenAiError } from "./openai-error.ts";

/** The gRPC codes under which metrics and spans count the errors of models. None is a failure of Millrace. */
const codeOf: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  404: status.NOT_FOUND,
  408: status.DEADLINE_EXCEEDED,
  409: status.FAILED_PRECONDITION,
  429: status.RESOURCE_EXHAUSTED,
};

/** A call that fails because its job did. It carries the error that the caller gets. */
export class OpenAiFault extends RpcFault {
  readonly error: OpenAiError;

  constructor(error: OpenAiError) {
    super(codeOf[error.status] ?? status.ABORTED, undefined, { message: error.message });
    this.error = error;
  }
}

/** The error that a fault is answered with. */
export const openAiErrorOf = (fault: RpcFault): OpenAiError =>
  fault instanceof OpenAiFault ? fault.error : errorOfFault(fault);
