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
  /** The token that schedulers ask of gateways, and TLS. */
  readonly grpc?: GrpcClientOptions;
  /** How long a call with one answer may take, tries included, unless it says so itself. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const backoff: BackoffPolicy = { initialMs: 25, maxMs: 1_000, factor: 2, jitter: 0.5 };
const RETRY_AFTER_MS = 1_000;

/** How a connection that breaks, or a scheduler that hangs, is named by gRPC, which gives no reason. */
const away: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL,
  status.UNKNOWN,
]);

const isCutOff = (error: unknown): boolean =>
  error instanceof RpcFault &&
  error.reason === undefined &&
  error.code === status.DEADLINE_EXCEEDED;

const isUnavailable = (error: unknown): boolean =>
  error instanceof RpcFault && error.code === status.UNAVAILABLE;

/** What a failed call to the scheduler means to whoever called the gateway. */
function translate(error: unknown, signal: AbortSignal | undefined): unknown {
  if (!(error instanceof RpcFault) || signal?.aborted) return error;
  if (error.reason === "TOKEN_REJECTED") {
    // A fault of this gateway's, to be logged: the caller's API key is not to blame.
    const hint = "set MILLRACE_INTERNAL_TOKEN to the same value on both";
    return new Error(`the scheduler rejects this gateway's token: ${hint}`, { cause: error });
  }
  if (error.reason !== undefined || !away.has(error.code)) return error;
  return rpcError({
    reason: "SCHEDULER_UNAVAILABLE",
    message: "the scheduler cannot be reached",
    retryDelayMs: RETRY_AFTER_MS,
    cause: error,
  });
}

/**
 * The scheduler as handlers call it. Each of its calls with one answer is safe to repeat, and is
 * repeated within its deadline while no scheduler can be reached, or the one that is says UNAVAILABLE.
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
          // A last try that was cut off does not say why; those before it may have.
          if (known !== undefined && isCutOff(error)) throw known;
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
 * Asks a scheduler for a queue. Resolves with its answer, whatever that is: it was reached, and has
 * accepted this gateway's token.
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
