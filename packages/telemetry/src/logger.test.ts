import { context, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { createLogger, jobFields } from "./logger.ts";

function setup() {
  const lines: string[] = [];
  const logger = createLogger("gateway", {
    destination: { write: (line) => void lines.push(line) },
  });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown> };
}

test("a line is JSON with the service, level and job", () => {
  const { logger, last } = setup();
  logger.info(jobFields("documents~k7f3q2m9~01J", undefined), "leased");
  expect(last()).toMatchObject({
    service: "gateway",
    level: "info",
    job_id: "documents~k7f3q2m9~01J",
    msg: "leased",
  });
  expect(trace.getSpanContext(context.active())).toBeUndefined();
  expect(last()).not.toHaveProperty("trace_id");
});

test("a line about a job has the job's trace id, if there is one", () => {
  const { logger, last } = setup();
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  logger.info(jobFields("j", `00-${traceId}-00f067aa0ba902b7-01`), "leased");
  expect(last()).toMatchObject({ job_id: "j", trace_id: traceId });
  logger.info(jobFields("j", "malformed"), "leased");
  expect(last()).not.toHaveProperty("trace_id");
});

test.each([
  { authorization: "Bearer hunter2" },
  { request: { token: "hunter2" } },
  { request: { metadata: { authorization: "hunter2" } } },
  { password: "hunter2" },
])("a field with a secret name is not written: %j", (fields) => {
  const { logger, lines } = setup();
  logger.info(fields, "seen");
  expect(lines.join()).toContain("[redacted]");
  expect(lines.join()).not.toContain("hunter2");
});

test("an API key inside text keeps only its public part", () => {
  const { logger, lines } = setup();
  const secret = "a1".repeat(24);
  logger.error({ error: new Error(`bad key mr_k7f3q2m9_${secret}`) }, `mr_k7f3q2m9_${secret}`);
  expect(lines.join()).toContain("mr_k7f3q2m9_[redacted]");
  expect(lines.join()).not.toContain(secret);
});

test("an error is written without the fields that a library added to it", () => {
  const { logger, last, lines } = setup();
  const cause = new Error("the connection broke");
  const error = Object.assign(new Error("no Redis", { cause }), {
    code: "WRONGPASS",
    command: { name: "auth", args: ["hunter2"] },
    input: "redis://:hunter2@here",
  });
  logger.warn({ error }, "failed");
  expect(last()).toMatchObject({
    error: { type: "Error", message: "no Redis: the connection broke", code: "WRONGPASS" },
  });
  expect(JSON.stringify(last())).toContain("caused by: Error: the connection broke");
  expect(lines.join()).not.toContain("hunter2");
  logger.warn({ error: "no error at all" }, "failed");
  expect(last()).toMatchObject({ error: "no error at all" });
});
