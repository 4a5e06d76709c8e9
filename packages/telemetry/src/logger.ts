import { context, trace } from "@opentelemetry/api";
import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from "pino";
import { logFields } from "./names.ts";
import { extractTrace, traceIdOf } from "./trace-context.ts";

export type { Logger } from "pino";

/** Keys whose values are never written, at any of the first two levels. */
const secretKeys = ["authorization", "apiKey", "api_key", "token", "secret", "password"];
const redact = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

const MR_KEY = /\bmr_([a-z0-9]{4,32})_[A-Za-z0-9-]+/g;

/** API keys that ended up inside text keep their public part alone. */
export const maskApiKeys = (text: string): string => text.replace(MR_KEY, "mr_$1_[redacted]");

/** What is written of an error besides what it says. Libraries add to theirs what they were doing, passwords and payloads included. */
const ERROR_FIELDS = new Set(["type", "message", "stack", "code", "reason"]);

const shownError = (error: unknown): unknown =>
  error instanceof Error
    ? Object.fromEntries(
        Object.entries(stdSerializers.err(error)).filter(([name]) => ERROR_FIELDS.has(name)),
      )
    : error;

export interface LoggerOptions {
  readonly level?: string;
  /** Standard output unless given. */
  readonly destination?: DestinationStream;
}

/** Fields of every line about a job. */
export function jobFields(jobId: string, traceparent: string | undefined): Record<string, string> {
  const traceId = traceparent === undefined ? undefined : traceIdOf(extractTrace({ traceparent }));
  return {
    [logFields.jobId]: jobId,
    ...(traceId === undefined ? {} : { [logFields.traceId]: traceId }),
  };
}

/** JSON lines, each with the trace it belongs to. Lines about a job begin with `jobFields`. */
export function createLogger(service: string, options: LoggerOptions = {}): Logger {
  const settings = {
    level: options.level ?? "info",
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: redact, censor: "[redacted]" },
    errorKey: "error",
    serializers: { error: shownError },
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: maskApiKeys },
    mixin(fields: object) {
      // A line about a job says the job's trace, whatever call it is written in.
      if (logFields.traceId in fields) return {};
      const span = trace.getSpanContext(context.active());
      if (span === undefined) return {};
      return { [logFields.traceId]: span.traceId, [logFields.spanId]: span.spanId };
    },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
