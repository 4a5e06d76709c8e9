import type { JsonValue } from "@bufbuild/protobuf";
import { CreateGroupRequestSchema } from "@millrace/proto/group-service";
import { JobSpecSchema } from "@millrace/proto/job";
import { SubmitJobsRequestSchema } from "@millrace/proto/job-service";
import { expect, test } from "vitest";
import { messageFromJson } from "./json-violations.ts";
import type { RpcFault } from "./rpc-fault.ts";

function faultOf(desc: Parameters<typeof messageFromJson>[0], json: JsonValue): RpcFault {
  try {
    messageFromJson(desc, json);
  } catch (error) {
    return error as RpcFault;
  }
  throw new Error("the message was read");
}
const time = 'must be a time with its zone in the years 1 to 9999, such as "2027-01-31T08:00:00Z"';
const duration = 'must be a duration in seconds, such as "90s" or "0.25s"';

test.each<[JsonValue, string, string]>([
  [{ runAt: "tomorrow" }, "run_at", time],
  [{ deadline: 1_764_000_000 }, "deadline", time],
  [{ expires_at: "2027-01-31 08:00" }, "expires_at", time],
  [{ retry: { initialBackoff: "5m" } }, "retry.initial_backoff", duration],
  [{ retry: { maxBackoff: 5 } }, "retry.max_backoff", duration],
  [{ deduplication: { key: "a", throttle: "1 s" } }, "deduplication.throttle", duration],
  [{ queue: 1 }, "queue", "must be a text in quotes"],
  [{ priority: "high" }, "priority", "must be a whole number from 0 to 4294967295"],
  [{ priority: -1 }, "priority", "must be a whole number from 0 to 4294967295"],
  [{ labels: [] }, "labels", "must be a JSON object"],
  [{ labels: { team: 1 } }, 'labels["team"]', "must be a text in quotes"],
  [{ documentIds: "doc" }, "document_ids", "must be a list"],
  [{ documentIds: ["a", 1, null] }, "document_ids[1]", "must be a text in quotes"],
  [{ retry: 3 }, "retry", "must be a JSON object"],
  [{ payloadStruct: [] }, "payload_struct", "must be a JSON object"],
  [{ nonsense: 1 }, "nonsense", "is no field of this message"],
  [
    { payloadStruct: {}, payload_json: "{}" },
    "payload_json",
    "is given together with payloadStruct: give only one of them",
  ],
  [[], "body", "must be a JSON object"],
])("%j names the field %s and its form", (json, field, description) => {
  const fault = faultOf(JobSpecSchema, json);
  expect(fault.reason).toBe("MALFORMED");
  expect(fault.violations[0]).toEqual({ field, description });
  expect(fault.message).toContain(`${field}: ${description}`);
});

test("all wrong fields are named, in lists of messages too, and none of the library's words", () => {
  const jobs = [{ queue: "a" }, { runAt: "x", priority: {} }, 7];
  const fault = faultOf(SubmitJobsRequestSchema, { jobs });
  expect(fault.violations.map(({ field }) => field)).toEqual([
    ...["jobs[1].run_at", "jobs[1].priority", "jobs[2]"],
  ]);
  expect(fault.message).not.toMatch(/decode|millrace\.|google\./);
});

test("a state that does not exist is told which ones do", () => {
  const rule = { mode: "MOST" };
  const [violation] = faultOf(CreateGroupRequestSchema, { group: { rule } }).violations;
  expect(violation?.field).toMatch(/^group\.rule/);
});

test("thousands of wrong fields do not make a long answer", () => {
  const json = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, 1]));
  expect(faultOf(JobSpecSchema, json).violations).toHaveLength(32);
  const documentIds = Array.from({ length: 5_000 }, () => 1);
  expect(faultOf(JobSpecSchema, { documentIds }).violations).toHaveLength(32);
});
