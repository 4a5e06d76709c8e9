import { ROOT_CONTEXT } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { extractTrace, injectTrace, traceIdOf, traceIdOfParent } from "./trace-context.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

test("a trace survives the way into headers and back", () => {
  const carried = extractTrace({ traceparent, tracestate: "vendor=1" });
  expect(traceIdOf(carried)).toBe(traceId);
  expect(injectTrace(carried)).toEqual({ traceparent, tracestate: "vendor=1" });
});

test.each(["", "00-zz-b7ad6b7169203331-01", `00-${"0".repeat(32)}-b7ad6b7169203331-01`])(
  "%j starts no trace",
  (malformed) => {
    expect(traceIdOf(extractTrace({ traceparent: malformed }))).toBeUndefined();
  },
);

test("no headers are sent if nothing is traced", () => {
  expect(injectTrace(ROOT_CONTEXT)).toEqual({});
});

test.each([undefined, "", "00-zz-b7ad6b7169203331-01"])("%j names no trace", (text) => {
  expect(traceIdOfParent(text)).toBe("");
  expect(traceIdOfParent(traceparent)).toBe(traceId);
});
