import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { queueDefaults } from "@millrace/engine";
import { JobSpecSchema } from "@millrace/proto/job";
import type { RpcFault } from "@millrace/runtime";
import type { GroupId, JobId } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { expect, test } from "vitest";
import { fanOutChildren } from "./fan-out-children.ts";

const parent = {
  id: "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId,
  ...{ priority: 7, pool: "gpu", labels: { team: "a" } },
};
const groupId = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1C" as GroupId;
type Child = MessageInitShape<typeof JobSpecSchema>;

const childrenOf = (
  children: readonly Child[],
  firstIndex = 1,
  of: Parameters<typeof fanOutChildren>[1]["parent"] = parent,
) =>
  fanOutChildren(
    children.map((child) => create(JobSpecSchema, child)),
    {
      ...{ parent: of, groupId, firstIndex, nowMs: 1_000_000, random: seededRandom(1) },
      defaultRetry: queueDefaults.defaultRetry,
    },
  );

function faultOf(children: readonly Child[], firstIndex?: number): RpcFault {
  try {
    childrenOf(children, firstIndex);
  } catch (error) {
    return error as RpcFault;
  }
  throw new Error("the children were accepted");
}

test("gives a child the queue, API key, priority, pool and labels of its job", () => {
  const [first, second] = childrenOf([{ type: "part" }, { type: "part" }], 4);
  expect(first).toMatchObject({
    id: expect.stringMatching(/^documents~k7f3q2m9~/),
    ...{ type: "part", payloadJson: "{}", priority: 7, pool: "gpu", labels: { team: "a" } },
    ...{ submittedAtMs: 1_000_000, maxAttempts: 5, group: { id: groupId, index: 4 } },
  });
  expect(second?.group?.index).toBe(5);
  expect(second?.id).not.toBe(first?.id);
});

test("a child's own priority, pool and labels take precedence", () => {
  const own = { priority: 90, pool: "cpu", labels: { part: "1" }, queue: "documents" };
  expect(childrenOf([{ type: "part", ...own }])).toMatchObject([
    { priority: 90, pool: "cpu", labels: { part: "1" } },
  ]);
});

test("a child has the model or the pool of its job unless it names either", () => {
  const { pool: _, ...rest } = parent;
  const ofModel = { ...rest, model: "fast" };
  const [none, pooled, modelled] = childrenOf(
    [{ type: "part" }, { type: "part", pool: "cpu" }, { type: "part", model: "slow" }],
    1,
    ofModel,
  );
  expect(none).toMatchObject({ model: "fast" });
  expect(none).not.toHaveProperty("pool");
  expect(pooled).toMatchObject({ pool: "cpu" });
  expect(pooled).not.toHaveProperty("model");
  expect(modelled).toMatchObject({ model: "slow" });
  const [own] = childrenOf([{ type: "part", model: "slow" }]);
  expect(own).toMatchObject({ model: "slow" });
  expect(own).not.toHaveProperty("pool");
});

test.each<[what: string, field: string, child: Child]>([
  ["pool and a model", "pool", { type: "part", pool: "cpu", model: "fast" }],
  ["type that is malformed", "type", { type: "Part" }],
  ["queue of another job", "queue", { type: "part", queue: "other" }],
  ["idempotency key", "idempotency_key", { type: "part", idempotencyKey: "a" }],
  ["deduplication", "deduplication", { type: "part", deduplication: { key: "a" } }],
  ["largest cost", "max_cost_micros", { type: "part", maxCostMicros: 0n }],
  ["refusal if it is late", "refuse_late", { type: "part", refuseLate: true }],
  ["group of its own", "group_id", { type: "part", groupId }],
  [
    "payload that is no object",
    "payload",
    { type: "part", payload: { case: "payloadJson", value: "1" } },
  ],
])("refuses a child with a %s, and names the child", (_, field, child) => {
  const fault = faultOf([{ type: "part" }, child], 257);
  expect(fault).toMatchObject({ reason: "MALFORMED", metadata: { index: "258" } });
  expect(fault.message).toMatch(/^child 258: /);
  expect(fault.violations.map((one) => one.field)).toEqual([`children[1].${field}`]);
});

test("refuses a payload that is too large, and names the child", () => {
  const value = JSON.stringify({ text: "x".repeat(300_000) });
  const fault = faultOf([{ type: "part", payload: { case: "payloadJson", value } }]);
  expect(fault).toMatchObject({ reason: "TOO_LARGE", metadata: { index: "1" } });
});
