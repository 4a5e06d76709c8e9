import { status } from "@grpc/grpc-js";
import type { Reason } from "@millrace/shared";
import {
  attributeNames,
  type CallProtocol,
  describeSpan,
  failSpan,
  type HttpTarget,
  traceServerCall,
} from "@millrace/telemetry";
import type { Departure } from "./departure.ts";
import type { CallContext, CallHeaders } from "./handlers.ts";
import { asRpcFault, httpStatusOf, isExpected, type RpcFault, rpcError } from "./rpc-fault.ts";

export interface FinishedCall {
  readonly path: string;
  readonly protocol: CallProtocol;
  readonly peer: string;
  readonly code: status;
  /** The reason of a call that failed. */
  readonly reason: Reason | undefined;
  /** What `authenticate` returned; undefined if it refused the call. */
  readonly identity: unknown;
  /** The job that the call was about, if any. */
  readonly jobId: string | undefined;
  /** The group of jobs that the call was about, if any. */
  readonly groupId: string | undefined;
  readonly scheduleId?: string | undefined;
  /** The id that the caller got for its request, if it got one. */
  readonly requestId?: string | undefined;
  readonly durationMs: number;
}

/** What a server does with every call, in any protocol. */
export interface CallSettings {
  /** Throws an RpcFault to refuse the call. */
  readonly authenticate: (headers: CallHeaders, path: string, peer: string) => Promise<unknown>;
  /** Calls `end` when the identity's access is revoked. Returns a function that stops the watch. */
  readonly onRevoked: (identity: unknown, end: (fault: RpcFault) => void) => () => void;
  /** The caller whose limits a call counts against; undefined if there are none. */
  readonly callerOf: (identity: unknown) => string | undefined;
  readonly departure: Pick<Departure, "leaving" | "draining">;
  readonly nowMs: () => number;
  /** Called once for each call whose handler threw something other than a fault. */
  readonly onBug: (error: unknown, path: string) => void;
  readonly onFinished: (call: FinishedCall) => void;
  /** Whether each call has a span. */
  readonly traced: boolean;
}

export interface IncomingCall {
  readonly protocol: CallProtocol;
  /** The path of the contract's method, also if the protocol uses another path. */
  readonly path: string;
  readonly headers: CallHeaders;
  readonly peer: string;
  /** The id that the caller gets for its request, if it gets one. */
  readonly requestId?: string | undefined;
  /** Aborts, with a fault, when nobody waits for the call any longer, or `end` was called. */
  readonly signal: AbortSignal;
  /** Ends the call with this fault. */
  readonly end: (fault: RpcFault) => void;
  /** Set for a plain HTTP call: what it asks for, and the status of an answer that is no fault. */
  readonly http?: HttpTarget & { readonly status: () => number };
}

/** Authenticates the caller. Throws what `authenticate` throws. Call it before the body is read. */
export type Admit = () => Promise<CallContext<unknown>>;

const upstreamUnavailable = (cause: RpcFault) =>
  rpcError({
    reason: "SCHEDULER_UNAVAILABLE",
    message: "the scheduler is unavailable: try again later",
    retryDelayMs: 1_000,
    cause,
  });

/**
 * The codes that count as errors in a server's span. A caller who leaves, or asks for something that does not exist, is
 * no error.
 */
const ourFaults = new Set([
  ...[status.UNKNOWN, status.DEADLINE_EXCEEDED, status.UNIMPLEMENTED],
  ...[status.INTERNAL, status.UNAVAILABLE, status.DATA_LOSS],
]);

/** Reasons that have such a code only because gRPC demands it. */
const callersFaults: ReadonlySet<Reason | undefined> = new Set(["COMPRESSED", "COMPRESSED_FLAG"]);

/** Whether a call failed by a fault of the server or of the connection, and not by what its caller asked. */
export const isServerFault = ({ code, reason }: RpcFault): boolean =>
  (ourFaults.has(code) && !callersFaults.has(reason)) || reason === "DOCUMENT_STORE_REFUSED";

/** Turns a thrown value into what callers may see. gRPC's own message for an unavailable upstream contains its address. */
function faultOf(error: unknown): RpcFault {
  const fault = asRpcFault(error);
  return fault.reason === undefined && fault.code === status.UNAVAILABLE
    ? upstreamUnavailable(fault)
    : fault;
}

/** Runs a call to its end in a span of its own, counts it, and returns the fault that it ended with. */
export async function runCall(
  settings: CallSettings,
  call: IncomingCall,
  serve: (admit: Admit) => Promise<void>,
): Promise<RpcFault | undefined> {
  const startedAtMs = settings.nowMs();
  const { path, protocol, headers, peer, requestId, signal } = call;
  let identity: unknown;
  let jobId: string | undefined;
  let groupId: string | undefined;
  let scheduleId: string | undefined;
  let release = () => {};
  const concerns = (id: string, what: "job" | "group" | "schedule" = "job") => {
    if (what === "job") jobId = id;
    else if (what === "group") groupId = id;
    else scheduleId = id;
    describeSpan({ [attributeNames[`${what}Id`]]: id });
  };
  const admit = async () => {
    identity = await settings.authenticate(headers, path, peer);
    release = settings.onRevoked(identity, call.end);
    const { leaving, draining } = settings.departure;
    return { headers, signal, leaving, draining, peer, path, identity, concerns };
  };
  let fault: RpcFault | undefined;
  const run = async () => {
    try {
      await serve(admit);
    } catch (error) {
      // The call ended by its signal, so the signal's reason counts and not the error that it caused in the handler.
      fault = faultOf(signal.aborted ? signal.reason : error);
      if (!isExpected(error) && !signal.aborted) settings.onBug(error, path);
      if (isServerFault(fault)) failSpan(fault);
    } finally {
      release();
    }
    describeSpan({ [attributeNames.rpcStatus]: status[fault?.code ?? status.OK] });
    if (call.http !== undefined) {
      const httpStatus = fault === undefined ? call.http.status() : httpStatusOf(fault);
      describeSpan({ [attributeNames.httpStatus]: httpStatus });
    }
  };
  await (settings.traced ? traceServerCall(call, run) : run());
  const { code, reason } = fault ?? { code: status.OK, reason: undefined };
  const durationMs = settings.nowMs() - startedAtMs;
  settings.onFinished({
    path,
    protocol,
    peer,
    code,
    reason,
    identity,
    jobId,
    groupId,
    scheduleId,
    requestId,
    durationMs,
  });
  return fault;
}
