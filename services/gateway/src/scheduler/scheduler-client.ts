import type { DescMethod } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import {
  type BidiCall,
  type CallOptions,
  type GrpcClient,
  type GrpcClientOptions,
  grpcClient,
  RpcFault,
  rpcError,
} from "@millrace/runtime";
import { type BackoffPolicy, type Clock, type Random, retrying } from "@millrace/shared";

export type Scheduler = GrpcClient<typeof SchedulerService>["rpc"];

export interface SchedulerClientOptions {
  readonly address: string;
  /** The token for schedulers, and TLS. */
  readonly grpc?: GrpcClientOptions;
  /** How long a unary call may take, retries included, unless the call has its own deadline. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const backoff: BackoffPolicy = { initialMs: 25, maxMs: 1_000, factor: 2, jitter: 0.5 };
const RETRY_AFTER_MS = 1_000;

/** The codes that gRPC uses for a broken connection or a scheduler that hangs. Such errors have no reason of ours. */
const connectionLost: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL,
  status.UNKNOWN,
]);

const isDeadline = (error: unknown): boolean =>
  error instanceof RpcFault &&
  error.reason === undefined &&
  error.code === status.DEADLINE_EXCEEDED;

const isUnavailable = (error: unknown): boolean =>
  error instanceof RpcFault && error.code === status.UNAVAILABLE;

/** Turns the failure of a call to the scheduler into the fault that the gateway's caller receives. */
function translate(error: unknown, signal: AbortSignal | undefined): unknown {
  if (!(error instanceof RpcFault) || signal?.aborted) return error;
  if (error.reason === "TOKEN_REJECTED") {
    // The fault is this gateway's and must be logged. The caller's API key is valid.
    const hint = "set the same MILLRACE_INTERNAL_TOKEN on both";
    return new Error(`the scheduler rejected this gateway's token: ${hint}`, { cause: error });
  }
  if (error.reason !== undefined || !connectionLost.has(error.code)) return error;
  return rpcError({
    reason: "SCHEDULER_UNAVAILABLE",
    message: "the gateway cannot reach a scheduler: try again later",
    retryDelayMs: RETRY_AFTER_MS,
    cause: error,
  });
}

/**
 * Makes the client through which handlers call the scheduler. Its unary calls are idempotent. The client retries them
 * until their deadline while no scheduler can be reached, or while a scheduler answers UNAVAILABLE.
 */
export function schedulerClient(options: SchedulerClientOptions): {
  readonly rpc: Scheduler;
  close(): void;
} {
  const { address, deadlineMs, clock, random } = options;
  const client = grpcClient(SchedulerService, address, options.grpc);

  const repeating =
    (send: (request: object, call: CallOptions) => Promise<object>) =>
    (request: object, call: CallOptions = {}): Promise<object> => {
      const { signal } = call;
      const untilMs = clock.nowMs() + (call.deadlineMs ?? deadlineMs);
      let known: RpcFault | undefined;
      const once = async () => {
        try {
          return await send(request, { ...call, deadlineMs: untilMs - clock.nowMs() });
        } catch (error) {
          // A last try that hits the deadline does not tell the cause; an earlier try may have.
          if (known !== undefined && isDeadline(error)) throw known;
          const fault = translate(error, signal);
          if (fault instanceof RpcFault && fault.reason !== "SCHEDULER_UNAVAILABLE") known = fault;
          throw fault;
        }
      };
      return retrying(once, { clock, random, backoff, signal, untilMs, passes: isUnavailable });
    };

  const wrap = (method: DescMethod): unknown => {
    const send = client.rpc[method.localName as keyof Scheduler] as (...args: never[]) => unknown;
    switch (method.methodKind) {
      case "unary":
        return repeating(send as Parameters<typeof repeating>[0]);
      case "server_streaming":
        return (request: object, call: CallOptions = {}) => {
          const open = send as (request: object, call: CallOptions) => AsyncIterable<object>;
          return translated(open(request, call), call.signal);
        };
      default:
        return (call: CallOptions = {}): BidiCall<object, object> => {
          const bidi = (send as (call: CallOptions) => BidiCall<object, object>)(call);
          return { ...bidi, responses: translated(bidi.responses, call.signal) };
        };
    }
  };
  const rpc = Object.fromEntries(
    SchedulerService.methods.map((method) => [method.localName, wrap(method)]),
  ) as unknown as Scheduler;
  return { rpc, close: () => client.close() };
}

const PROBE_QUEUE = "ready";
const PROBE_MS = 2_000;

/**
 * Resolves if a scheduler answers, with a queue or with any error of its own. An answer proves that the gateway reached
 * the scheduler, and that the scheduler accepted its token.
 */
export async function schedulerAnswers(scheduler: Pick<Scheduler, "getQueue">): Promise<void> {
  try {
    await scheduler.getQueue({ name: PROBE_QUEUE }, { deadlineMs: PROBE_MS });
  } catch (error) {
    const answered = error instanceof RpcFault && error.reason !== undefined;
    if (!answered || error.reason === "SCHEDULER_UNAVAILABLE") throw error;
  }
}

async function* translated<Item>(
  items: AsyncIterable<Item>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw translate(error, signal);
  }
}
