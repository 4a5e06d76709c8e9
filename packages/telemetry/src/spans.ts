import {
  type Attributes,
  type Context,
  context,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { extractTrace, spanOfParent, type TraceHeaders, traceIdOf } from "./trace-context.ts";
import { attributeNames } from "./trace-names.ts";

/**
 * Whether this process sends spans, and whether its sampler leaves out what is below a span that is not sampled, as all samplers
 * named `parentbased_…` do. OpenTelemetry itself does not say it.
 */
export const sending = { on: false, parentBased: false };

const tracer = () => trace.getTracer("millrace");

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

export interface SpanOptions {
  /** Default "internal". */
  readonly kind?: keyof typeof kinds;
  /** Default: the active context. */
  readonly parent?: Context;
  readonly attributes?: Attributes;
  /** What is thrown after this has aborted is no failure: the work was given up. */
  readonly signal?: AbortSignal;
}

/** A span that its maker ends. */
export interface OpenSpan {
  /** Runs `body` inside the span. Does not end it. */
  run<T>(body: () => T): T;
  describe(attributes: Attributes): void;
  /** Marks the span as failed. */
  fail(reason: string, message?: string): void;
  /** `atMs` is in milliseconds since the Unix epoch. Default: now. */
  end(atMs?: number): void;
}

/** Returns an error's stable reason, or its class name. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.name;
}

function fail(span: Span | undefined, reason: string, message?: string): void {
  span?.setAttribute(attributeNames.errorType, reason);
  span?.setStatus({
    code: SpanStatusCode.ERROR,
    ...(message === undefined ? {} : { message }),
  });
}

/** Marks the active span as failed, with the error's type. */
export function failSpan(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  fail(trace.getActiveSpan(), errorType(error), message);
}

/** Nothing is recorded. What runs inside belongs to the trace of `parent`, which is passed on. */
const unrecordedSpan = (parent: Context): OpenSpan => ({
  run: (body) => (parent === context.active() ? body() : context.with(parent, body)),
  describe: () => undefined,
  fail: () => undefined,
  end: () => undefined,
});

const isSampled = ({ traceFlags }: SpanContext): boolean => (traceFlags & TraceFlags.SAMPLED) !== 0;

/** Starts a span. In a trace that is not sampled it costs next to nothing. */
export function openSpan(
  name: string,
  { parent = context.active(), kind = "internal", attributes = {} }: SpanOptions,
): OpenSpan {
  const above = sending.parentBased ? trace.getSpanContext(parent) : undefined;
  if (above !== undefined && !isSampled(above)) return unrecordedSpan(parent);
  const span = tracer().startSpan(name, { kind: kinds[kind], attributes }, parent);
  const within = trace.setSpan(parent, span);
  return {
    run: (body) => context.with(within, body),
    describe: (more) => void span.setAttributes(more),
    fail: (reason, message) => fail(span, reason, message),
    end: (atMs) => span.end(atMs),
  };
}

/** Runs `body` inside a span, which ends with it. The span is marked as failed if `body` throws. */
export function inSpan<T>(name: string, options: SpanOptions, body: () => Promise<T>): Promise<T> {
  const span = openSpan(name, options);
  return span.run(async () => {
    try {
      return await body();
    } catch (error) {
      if (options.signal?.aborted !== true) failSpan(error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Adds attributes to the active span. */
export const describeSpan = (attributes: Attributes): void => {
  trace.getActiveSpan()?.setAttributes(attributes);
};

/** Adds an event to the active span. */
export const addSpanEvent = (name: string, attributes: Attributes): void => {
  trace.getActiveSpan()?.addEvent(name, attributes);
};

/** Whether the active span is recorded: what only describes it need not be computed otherwise. */
export const isRecording = (): boolean => trace.getActiveSpan()?.isRecording() ?? false;

/** One link to each trace that the headers name. */
function linksTo(all: readonly TraceHeaders[]): Link[] {
  const links = new Map<string, Link>();
  for (const headers of all) {
    const linked = spanOfParent(headers.traceparent);
    if (linked === undefined || links.has(linked.traceId)) continue;
    links.set(linked.traceId, { context: linked });
  }
  return [...links.values()];
}

/** Links the active span to traces. Its own trace is left out. */
export function linkSpan(all: readonly TraceHeaders[]): void {
  const span = trace.getActiveSpan();
  if (span?.isRecording() !== true) return;
  const own = traceIdOf();
  span.addLinks(linksTo(all).filter((link) => link.context.traceId !== own));
}

/** A span for a time in the past. */
export interface PastSpan {
  readonly name: string;
  readonly kind?: keyof typeof kinds;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events?: readonly {
    readonly name: string;
    readonly atMs: number;
    readonly attributes: Attributes;
  }[];
  /** Why it failed, if it did. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

/**
 * Records spans for times in the past, in the trace that `headers` carry. Calls `spans` only if that trace is sampled, so
 * an untraced job costs next to nothing.
 */
export function recordSpans(headers: TraceHeaders, spans: () => readonly PastSpan[]): void {
  // A job may carry its caller's trace although nothing is traced here.
  if (!sending.on) return;
  const above = spanOfParent(headers.traceparent);
  if (above === undefined || !isSampled(above)) return;
  const parent = extractTrace(headers);
  for (const one of spans()) {
    const { name, kind = "internal", startMs, endMs, attributes, events = [], failure } = one;
    const options = { kind: kinds[kind], startTime: startMs, attributes };
    const span = tracer().startSpan(name, options, parent);
    for (const event of events) span.addEvent(event.name, event.attributes, event.atMs);
    if (failure !== undefined) fail(span, failure.reason, failure.message);
    span.end(Math.max(startMs, endMs));
  }
}
