import { expect, test } from "vitest";
import { tracingWanted } from "./tracing.ts";

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

test("tracing is off unless a destination is set", () => {
  expect(tracingWanted({})).toBe(false);
  expect(tracingWanted({ OTEL_EXPORTER_OTLP_ENDPOINT: "" })).toBe(false);
  expect(tracingWanted(endpoint)).toBe(true);
  expect(tracingWanted({ OTEL_TRACES_EXPORTER: "otlp" })).toBe(true);
});

test("the standard off switches take precedence", () => {
  expect(tracingWanted({ ...endpoint, OTEL_SDK_DISABLED: "true" })).toBe(false);
  expect(tracingWanted({ ...endpoint, OTEL_TRACES_EXPORTER: "none" })).toBe(false);
});
