import { status } from "@grpc/grpc-js";
import type { Reason } from "@millrace/shared";
import {
  attributeNames,
  type CallProtocol,
  describeSpan,
  failSpan,
  traceServerCall,
} from "@millrace/telemetry";
import type { CallContext, CallHeaders } from "./handlers.ts";
import { asRpcFault, RpcFault, rpcError } from "./rpc-fault.ts";

export interface FinishedCall {
  readonly path: string;
  readonly protocol: CallProtocol;
  readonly peer: string;
  readonly code: status;
  /** Of a call that failed. */
  readonly reason: Reason | undefined;
  /** What `authenticate` returned; undefined if it let nobody in. */
  readonly identity: unknown;
  /** The job that the call was about, if one. */
  readonly jobId: string | undefined;
  readonly durationMs: number;
}

/** What a server does with every call, whatever protocol carried it. */
export interface CallSettings {
  /** Throws an RpcFault to refuse. */
  readonly authenticate: (headers: CallHeaders, path: string, peer: string) => Promise<unknown>;
  /** Calls `end` when whoever was let in is to be let in no longer. Returns how to stop that. */
  readonly onRevoked: (identity: unknown, end: (fault: RpcFault) => void) => () => void;
  /** Whose bounds a call counts against; undefined where there are none. */
  readonly callerOf: (identity: unknown) => string | undefined;
  readonly draining: AbortSignal;
  readonly nowMs: () => number;
  /** Called once for each call whose handler threw something other than a fault. */
  readonly onBug: (error: unknown, path: string) => void;
  readonly onFinished: (call: FinishedCall) => void;
  /** Whether each call has a span. */
  readonly traced: boolean;
}

export interface IncomingCall {
  readonly protocol: CallProtocol;
  /** Of the contract's method, also where the protocol has another. */
  readonly path: string;
  readonly headers: CallHeaders;
  readonly peer: string;
  /** Aborts, with a fault, when nobody waits for the call any longer, or `end` was called. */
  readonly signal: AbortSignal;
  /** Has the call end with this fault. */
  readonly end: (fault: RpcFault) => void;
}

/** Lets the caller in: throws what `authenticate` throws. Call it before the body is looked at. */
export type Admit = () => Promise<CallContext<unknown>>;

const upstreamAway = (cause: RpcFault) =>
  rpcError({
    reason: "SCHEDULER_UNAVAILABLE",
    message: "the scheduler is unavailable",
    retryDelayMs: 1_000,
    cause,
  });

/** What a server's span calls an error: a caller who left, or asked for what is not there, met with none. */
const ourFaults = new Set([
  ...[status.UNKNOWN, status.DEADLINE_EXCEEDED, status.UNIMPLEMENTED],
  ...[status.INTERNAL, status.UNAVAILABLE, status.DATA_LOSS],
]);

/** Those that have such a status only because gRPC demands it. */
const callersFaults: ReadonlySet<Reason | undefined> = new Set(["COMPRESSED", "COMPRESSED_FLAG"]);

/** A thrown value as callers may see it: what gRPC says of an upstream that is away holds its address. */
function faultOf(error: unknown): RpcFault {
  const fault = asRpcFault(error);
  return fault.reason === undefined && fault.code === status.UNAVAILABLE
    ? upstreamAway(fault)
    : fault;
}

/** Runs a call to its end in a span of its own, counts it, and returns the fault that it ended with. */
export async function runCall(
  settings: CallSettings,
  call: IncomingCall,
  serve: (admit: Admit) => Promise<void>,
): Promise<RpcFault | undefined> {
  const startedAtMs = settings.nowMs();
  const { path, protocol, headers, peer, signal } = call;
  let identity: unknown;
  let jobId: string | undefined;
  let release = () => {};
  const concerns = (id: string) => {
    jobId = id;
    describeSpan({ [attributeNames.jobId]: id });
  };
  const admit = async () => {
    identity = await settings.authenticate(headers, path, peer);
    release = settings.onRevoked(identity, call.end);
    return { headers, signal, draining: settings.draining, peer, path, identity, concerns };
  };
  let fault: RpcFault | undefined;
  const run = async () => {
    try {
      await serve(admit);
    } catch (error) {
      // What ended the call, and not what its handler met with then.
      fault = faultOf(signal.aborted ? signal.reason : error);
      if (!(error instanceof RpcFault) && !signal.aborted) settings.onBug(error, path);
      if (ourFaults.has(fault.code) && !callersFaults.has(fault.reason)) failSpan(fault);
    } finally {
      release();
    }
    describeSpan({ [attributeNames.rpcStatus]: status[fault?.code ?? status.OK] });
  };
  await (settings.traced ? traceServerCall(call, run) : run());
  const { code, reason } = fault ?? { code: status.OK, reason: undefined };
  const durationMs = settings.nowMs() - startedAtMs;
  settings.onFinished({ path, protocol, peer, code, reason, identity, jobId, durationMs });
  return fault;
}
