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
      ...{ jobId: undefined, groupId: undefined, durationMs: 3 },
      ...change,
    });
  return { lines, clock, logCall };
}

function lineOf(change: Partial<FinishedCall>): Record<string, unknown> {
  const { lines, logCall } = setup();
  logCall(change);
  return lines[0] ?? {};
}

test("logs a failed call at a higher level, with its caller, its job and the reason", () => {
  const jobId = "documents~k7f3~01JDXW5T5Q6M3C9N2V8K4H7R1B";
  expect(lineOf({ code: status.NOT_FOUND, reason: "JOB_NOT_FOUND", jobId })).toMatchObject({
    ...{ level: "info", msg: "call failed", path: "/millrace.jobs.v1.JobService/GetJob" },
    ...{ protocol: "grpc", code: "NOT_FOUND", reason: "JOB_NOT_FOUND" },
    ...{ key_id: "k7f3", job_id: jobId, duration_ms: 3 },
  });
});

test("names the group of a call apart from a job", () => {
  const groupId = "documents~k7f3~01JDXW5T5Q6M3C9N2V8K4H7R1B";
  const line = lineOf({ code: status.NOT_FOUND, reason: "GROUP_NOT_FOUND", groupId });
  expect(line).toMatchObject({ group_id: groupId });
  expect(line).not.toHaveProperty("job_id");
});

test.each([status.OK, status.CANCELLED])(
  "logs a call that ended with %i at debug level",
  (code) => {
    expect(lineOf({ code })).toMatchObject({ level: "debug", key_id: "k7f3" });
  },
);

const stranger: Partial<FinishedCall> = {
  ...{ code: status.UNAUTHENTICATED, identity: undefined },
  reason: "UNAUTHENTICATED",
};

test("logs the address and no key of a caller who was refused", () => {
  const line = lineOf(stranger);
  expect(line).toMatchObject({ level: "info", code: "UNAUTHENTICATED", peer: "10.0.0.7:4711" });
  expect(line).not.toHaveProperty("key_id");
});

test("logs one line per minute for strangers, with the number of their calls", () => {
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

test("logs a line of its own for a call that failed because no scheduler answers", () => {
  const { lines, logCall } = setup();
  const away: Partial<FinishedCall> = { reason: "SCHEDULER_UNAVAILABLE", identity: undefined };
  for (let i = 0; i < 2; i += 1) logCall({ ...away, code: status.UNAVAILABLE });
  expect(lines).toHaveLength(2);
});
