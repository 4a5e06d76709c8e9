import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { JobSpecSchema } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { checkScheduledJob } from "./check-scheduled-job.ts";

const job = { queue: "documents", type: "chat" };
const check = (spec: MessageInitShape<typeof JobSpecSchema>) => {
  const message = create(JobSpecSchema, spec);
  checkScheduledJob(message, 0);
  return message;
};

const ofOneJob: readonly [string, MessageInitShape<typeof JobSpecSchema>][] = [
  ["run_at", { runAt: timestampFromMs(1) }],
  ["expires_at", { expiresAt: timestampFromMs(1) }],
  ["deadline", { deadline: timestampFromMs(1) }],
  ["idempotency_key", { idempotencyKey: "a" }],
  ["traceparent", { traceparent: "00-a" }],
  ["tracestate", { tracestate: "a=b" }],
  [
    "deduplication",
    { deduplication: { key: "a", mode: { case: "throttle", value: durationFromMs(5) } } },
  ],
  [
    "deduplication",
    { deduplication: { key: "a", mode: { case: "debounce", value: durationFromMs(5) } } },
  ],
  ["max_cost_micros", { maxCostMicros: 0n }],
  ["refuse_late", { refuseLate: true }],
  ["group_id", { groupId: "documents~k7f3~01JDXW5T5Q6M3C9N2V8K4H7R1B" }],
];

test.each(ofOneJob)("a schedule's job has no %s, which belongs to one job", (name, member) => {
  expect(() => check({ ...job, ...member })).toThrow(`job.${name}: must be left out`);
});

test("other faults name the field inside the job, and the payload becomes text", () => {
  expect(() => check({ ...job, type: "NO" })).toThrow(/^job\.type: must be a type/);
  expect(() => check({ ...job, payload: { case: "payloadJson", value: "[" } })).toThrow(
    "job.payload: must be a JSON object",
  );
  const { payload } = check({ ...job, payload: { case: "payloadStruct", value: { a: 1 } } });
  expect(payload).toEqual({ case: "payloadJson", value: '{"a":1}' });
});
