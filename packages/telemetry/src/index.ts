export * from "./bounded-label.ts";
export * from "./logger.ts";
export * from "./metrics.ts";
export * from "./names.ts";
export * from "./spans.ts";
export * from "./trace-context.ts";
export * from "./trace-server-call.ts";
export * from "./tracing.ts";
