import { context, trace } from "@opentelemetry/api";
import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from "pino";
import { logFields } from "./names.ts";
import { spanOfParent } from "./trace-context.ts";

export type { Logger } from "pino";

/** Keys whose values are never written, at the first three levels of the fields. */
const secretKeys = ["authorization", "apiKey", "api_key", "token", "secret", "password"];
const redact = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** API keys (mr_), job tokens (mrj_) and secrets of webhooks (whsec_). */
const CREDENTIALS = /\b(?:(mr_[a-z0-9]{4,32}_)[A-Za-z0-9-]+|(mrj_)[\w.~-]+|(whsec_)[\w+/=-]+)/g;

/**
 * Masks the credentials that Millrace makes inside text, for a caller may put one where an id belongs. Of an API key its public
 * part is kept.
 */
export const maskCredentials = (text: string): string =>
  text.replace(CREDENTIALS, "$1$2$3[redacted]");

/**
 * The only fields of an error that are written. Libraries add what they were doing to their errors, including
 * passwords and payloads.
 */
const ERROR_FIELDS = new Set(["type", "message", "stack", "code", "reason"]);

const shownError = (error: unknown): unknown =>
  error instanceof Error
    ? Object.fromEntries(
        Object.entries(stdSerializers.err(error)).filter(([name]) => ERROR_FIELDS.has(name)),
      )
    : error;

export interface LoggerOptions {
  readonly level?: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** Returns the fields of every log line about a job. */
export function jobFields(jobId: string, traceparent: string | undefined): Record<string, string> {
  const traceId = spanOfParent(traceparent)?.traceId;
  return {
    [logFields.jobId]: jobId,
    ...(traceId === undefined ? {} : { [logFields.traceId]: traceId }),
  };
}

/** Writes JSON lines, each with its trace. Lines about a job begin with `jobFields`. */
export function createLogger(service: string, options: LoggerOptions = {}): Logger {
  const settings = {
    level: options.level ?? "info",
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: redact, censor: "[redacted]" },
    errorKey: "error",
    serializers: { error: shownError },
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: maskCredentials },
    mixin(fields: object) {
      // A line about a job has the job's trace, even if it is written during another call.
      if (logFields.traceId in fields) return {};
      const span = trace.getSpanContext(context.active());
      if (span === undefined) return {};
      return { [logFields.traceId]: span.traceId, [logFields.spanId]: span.spanId };
    },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
