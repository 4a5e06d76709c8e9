import { status } from "@grpc/grpc-js";
import type { FinishedCall } from "@millrace/runtime";
import { createLogger } from "@millrace/telemetry";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { accessLog } from "./access-log.ts";

function setup() {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const clock = new ManualClock();
  const log = accessLog(createLogger("gateway", { level: "debug", destination }), clock);
  const logCall = (change: Partial<FinishedCall>) =>
    log({
      ...{ path: "/millrace.jobs.v1.JobService/GetJob", protocol: "grpc", code: status.OK },
      ...{ peer: "10.0.0.7:4711", reason: undefined, identity: { keyId: "k7f3" } },
      ...{ jobId: undefined, durationMs: 3 },
      ...change,
    });
  return { lines, clock, logCall };
}

function lineOf(change: Partial<FinishedCall>): Record<string, unknown> {
  const { lines, logCall } = setup();
  logCall(change);
  return lines[0] ?? {};
}

test("a call that failed stands out, with who called, about which job, and why", () => {
  const jobId = "documents~k7f3~01JDXW5T5Q6M3C9N2V8K4H7R1B";
  expect(lineOf({ code: status.NOT_FOUND, reason: "JOB_NOT_FOUND", jobId })).toMatchObject({
    ...{ level: "info", msg: "call failed", path: "/millrace.jobs.v1.JobService/GetJob" },
    ...{ protocol: "grpc", code: "NOT_FOUND", reason: "JOB_NOT_FOUND" },
    ...{ key_id: "k7f3", job_id: jobId, duration_ms: 3 },
  });
});

test.each([status.OK, status.CANCELLED])("a call that ended by %i is told of quietly", (code) => {
  expect(lineOf({ code })).toMatchObject({ level: "debug", key_id: "k7f3" });
});

const stranger: Partial<FinishedCall> = {
  ...{ code: status.UNAUTHENTICATED, identity: undefined },
  reason: "UNAUTHENTICATED",
};

test("a caller who was not let in has no key, and an address", () => {
  const line = lineOf(stranger);
  expect(line).toMatchObject({ level: "info", code: "UNAUTHENTICATED", peer: "10.0.0.7:4711" });
  expect(line).not.toHaveProperty("key_id");
});

test("strangers share a line a minute, which says how many they were", () => {
  const { lines, clock, logCall } = setup();
  for (let i = 0; i < 1_000; i += 1) logCall(stranger);
  clock.advance(59_999);
  expect(lines.map(({ calls }) => calls)).toEqual([1]);
  clock.advance(1);
  expect(lines.map(({ calls }) => calls)).toEqual([1, 999]);
  clock.advance(60_000);
  logCall(stranger);
  expect(lines.map(({ calls }) => calls)).toEqual([1, 999, 1]);
});

test("a call that could not be let in because no scheduler answers has a line of its own", () => {
  const { lines, logCall } = setup();
  const away: Partial<FinishedCall> = { reason: "SCHEDULER_UNAVAILABLE", identity: undefined };
  for (let i = 0; i < 2; i += 1) logCall({ ...away, code: status.UNAVAILABLE });
  expect(lines).toHaveLength(2);
});
