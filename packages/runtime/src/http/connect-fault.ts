import { create, type DescMessage, type JsonValue } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { status } from "@grpc/grpc-js";
import { detailMessages } from "@millrace/grpc";
import { ErrorInfoSchema } from "@millrace/proto/rpc-error-details";
import { errorDomain, type Reason, reasons } from "@millrace/shared";
import { messageFromJson } from "../json-violations.ts";
import { RpcFault } from "../rpc-fault.ts";

/** gRPC's and Connect's codes are the same numbers. */
export const toConnectError = (fault: RpcFault): ConnectError =>
  new ConnectError(fault.message, fault.code as number as Code, undefined, [
    ...detailMessages(fault),
  ]);

/** Our reasons for what Connect itself refuses before a handler runs. */
const reasonOfCode: Partial<Record<status, Reason>> = {
  [status.INVALID_ARGUMENT]: "MALFORMED",
  [status.RESOURCE_EXHAUSTED]: "TOO_LARGE",
};

/**
 * The prefix of Connect's error for a message that does not parse. Connect calls it internal, but it is the caller's
 * error.
 */
const UNPARSED = "parse binary: ";

/**
 * Turns an error of Connect's own into a fault. The error also gets our reason, which it lacks, and if it refuses a message in
 * JSON, the fields that cannot be read.
 */
export function fromConnectError(
  error: ConnectError,
  unread?: { readonly desc: DescMessage; readonly json: Uint8Array },
): RpcFault {
  const read = unread && error.code === Code.InvalidArgument && faultOfJson(unread);
  if (read && error.details.length === 0) {
    const told = toConnectError(read);
    Object.assign(error, { rawMessage: told.rawMessage, message: told.message });
    error.details.push(...told.details);
    return read;
  }
  if (error.rawMessage.startsWith(UNPARSED)) Object.assign(error, { code: Code.InvalidArgument });
  const code = error.code as number as status;
  const [info] = error.findDetails(ErrorInfoSchema);
  const reason = reasons.find((known) => known === info?.reason) ?? reasonOfCode[code];
  if (reason !== undefined && error.details.length === 0) {
    const value = create(ErrorInfoSchema, { reason, domain: errorDomain });
    error.details.push({ desc: ErrorInfoSchema, value });
  }
  return new RpcFault(code, reason, { message: error.rawMessage });
}

/** Undefined if the message is not JSON, or can be read. */
function faultOfJson({
  desc,
  json,
}: {
  readonly desc: DescMessage;
  readonly json: Uint8Array;
}): RpcFault | undefined {
  try {
    messageFromJson(desc, JSON.parse(new TextDecoder().decode(json)) as JsonValue);
  } catch (error) {
    if (error instanceof RpcFault) return error;
  }
  return undefined;
}
