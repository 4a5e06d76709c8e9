import { type Clock, cutChars } from "@millrace/shared";
import {
  attributeNames,
  extractTrace,
  injectTrace,
  jobAttributes,
  jobFields,
  type Logger,
  openSpan,
  spanNames,
  type WorkerMetrics,
} from "@millrace/telemetry";
import {
  type AttemptContext,
  type BindModels,
  type Executor,
  JobFailure,
  type UsageDelta,
  WaitingForChildren,
} from "@millrace/worker-sdk";
import { endAttemptSpan } from "./attempt-span.ts";

export interface AttemptObserver {
  readonly metrics: Pick<WorkerMetrics, "workerAttempts" | "workerSlots">;
  readonly log: Logger;
  readonly clock: Clock;
  readonly slots: number;
  /** What the slots are for. A process may run a worker for each. */
  readonly serves: "jobs" | "webhooks";
  readonly workerId: string;
  /** The worker's models; undefined if it has none. */
  readonly models?: BindModels;
}

/** The longest message of a failure in a log line. */
const MESSAGE_CHARS = 500;

const waits = ({ signal }: AttemptContext): boolean => signal.reason instanceof WaitingForChildren;

interface End {
  readonly outcome: string;
  readonly reason?: string;
  readonly failure_message?: string;
  readonly http_status?: number;
  readonly error?: unknown;
}

function endOf(error: unknown, { signal }: AttemptContext): End {
  if (signal.aborted) return { outcome: "stopped" };
  const failureMessage = cutChars(
    error instanceof Error ? error.message : String(error),
    MESSAGE_CHARS,
  );
  const message = { failure_message: failureMessage };
  if (!(error instanceof JobFailure)) {
    return { outcome: "retryable", reason: "EXECUTOR_FAILED", ...message };
  }
  return {
    ...{ outcome: error.retryable ? "retryable" : "failed", reason: error.reason, ...message },
    ...(error.provider === undefined ? {} : { http_status: error.provider.httpStatus }),
  };
}

/** Runs each attempt in a span of its job's trace, counts it, and logs how it ended. */
export function observeAttempts(observer: AttemptObserver): (executor: Executor) => Executor {
  const { metrics, log, clock, slots, serves, workerId } = observer;
  const { models: bind } = observer;
  let running = 0;
  const use = (more: number) => {
    running += more;
    metrics.workerSlots.set({ serves, use: "used" }, running);
    metrics.workerSlots.set({ serves, use: "free" }, Math.max(0, slots - running));
  };
  use(0);

  return (executor) => async (job) => {
    const { queue, type, attempt } = job;
    const attemptFields = { ...jobFields(job.jobId, job.traceparent), queue, type, attempt };
    const spent = {
      ...{ input_tokens: 0, cached_input_tokens: 0, output_tokens: 0, reasoning_tokens: 0 },
      ...{ provider_calls: 0, compute_ms: 0 },
    };
    const addUsage = (usage: UsageDelta) => {
      spent.input_tokens += usage.inputTokens ?? 0;
      spent.output_tokens += usage.outputTokens ?? 0;
      spent.provider_calls += usage.providerCalls ?? 0;
      spent.cached_input_tokens += usage.cachedInputTokens ?? 0;
      spent.reasoning_tokens += usage.reasoningTokens ?? 0;
      spent.compute_ms += Math.round(usage.computeMs ?? 0);
      job.addUsage(usage);
    };
    const startMs = clock.nowMs();
    const ended = (end: End) => {
      metrics.workerAttempts.inc({ queue, type, outcome: end.outcome });
      const duration = { duration_ms: clock.nowMs() - startMs };
      // An error that no executor has classified may well be a bug of ours, so it is logged as an error.
      const level = end.error === undefined ? "info" : "error";
      log[level]({ ...attemptFields, ...end, ...duration, ...spent }, "attempt ended");
    };
    // The children's spans are below the attempt's span, and so of the same trace.
    const fanOut: AttemptContext["fanOut"] = (children, options) =>
      job.fanOut(children, { ...injectTrace(), ...options });
    const fanOutMany: AttemptContext["fanOutMany"] = (children, options) =>
      job.fanOutMany(children, { ...injectTrace(), ...options });
    const run = async () => {
      try {
        // Calls of models count what they spend, too.
        const models = bind === undefined ? job.models : bind({ ...job, addUsage });
        const result = await executor({ ...job, addUsage, fanOut, fanOutMany, models });
        ended({ outcome: waits(job) ? "waiting" : job.signal.aborted ? "stopped" : "completed" });
        return result;
      } catch (error) {
        if (waits(job)) return ended({ outcome: "waiting" });
        const end = endOf(error, job);
        ended(end.reason === "EXECUTOR_FAILED" ? { ...end, error } : end);
        throw error;
      }
    };
    const attributes = {
      ...jobAttributes("process", job),
      [attributeNames.attempt]: attempt,
      [attributeNames.workerId]: workerId,
      [attributeNames.messagingClientId]: workerId,
    };
    log.debug(attemptFields, "attempt started");
    use(1);
    const parent = extractTrace(job);
    const span = openSpan(spanNames.attempt, { kind: "consumer", parent, attributes });
    let thrown: unknown;
    try {
      const result = await span.run(run);
      if (waits(job)) throw job.signal.reason;
      return result;
    } catch (error) {
      thrown = error;
      throw error;
    } finally {
      use(-1);
      const returned = { atMs: clock.nowMs(), thrown, stopped: job.signal.aborted };
      // The scheduler decides what becomes of the attempt, and answers after the executor has returned.
      void job.settled.then((settled) => endAttemptSpan(span, settled, returned));
    }
  };
}
