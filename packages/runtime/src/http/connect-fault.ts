import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { status } from "@grpc/grpc-js";
import { detailMessages } from "@millrace/grpc";
import { ErrorInfoSchema } from "@millrace/proto/rpc-error-details";
import { errorDomain, type Reason, reasons } from "@millrace/shared";
import { RpcFault } from "../rpc-fault.ts";

/** gRPC's and Connect's codes are the same numbers. */
export const toConnectError = (fault: RpcFault): ConnectError =>
  new ConnectError(fault.message, fault.code as number as Code, undefined, [
    ...detailMessages(fault),
  ]);

/** What Connect itself refuses before a handler sees it, by our names. */
const reasonOfCode: Partial<Record<status, Reason>> = {
  [status.INVALID_ARGUMENT]: "MALFORMED",
  [status.RESOURCE_EXHAUSTED]: "TOO_LARGE",
};

/** How Connect calls a message that does not parse: an internal error, where the caller is to blame. */
const UNPARSED = "parse binary: ";

/** The fault that an error of Connect's own says; the error gets our reason, which it lacks. */
export function fromConnectError(error: ConnectError): RpcFault {
  if (error.rawMessage.startsWith(UNPARSED)) Object.assign(error, { code: Code.InvalidArgument });
  const code = error.code as number as status;
  const [said] = error.findDetails(ErrorInfoSchema);
  const reason = reasons.find((known) => known === said?.reason) ?? reasonOfCode[code];
  if (reason !== undefined && error.details.length === 0) {
    const value = create(ErrorInfoSchema, { reason, domain: errorDomain });
    error.details.push({ desc: ErrorInfoSchema, value });
  }
  return new RpcFault(code, reason, { message: error.rawMessage });
}
