import { status } from "@grpc/grpc-js";
import type { FinishedCall } from "@millrace/runtime";
import { createLogger } from "@millrace/telemetry";
import { expect, test } from "vitest";
import { accessLog } from "./access-log.ts";

function lineOf(change: Partial<FinishedCall>) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  accessLog(createLogger("gateway", { level: "debug", destination }))({
    ...{ path: "/millrace.jobs.v1.JobService/GetJob", protocol: "grpc", code: status.OK },
    ...{ reason: undefined, identity: { keyId: "k7f3" }, jobId: undefined, durationMs: 3 },
    ...change,
  });
  return JSON.parse(lines[0] ?? "{}") as Record<string, unknown>;
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

test("a caller who was not let in has no key", () => {
  const line = lineOf({ code: status.UNAUTHENTICATED, identity: undefined });
  expect(line).toMatchObject({ level: "info", code: "UNAUTHENTICATED" });
  expect(line).not.toHaveProperty("key_id");
});
