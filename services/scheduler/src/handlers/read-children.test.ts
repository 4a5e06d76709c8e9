import { create } from "@bufbuild/protobuf";
import type { Engine } from "@millrace/engine";
import { JobState } from "@millrace/proto/job";
import { ReadChildrenRequestSchema } from "@millrace/proto/worker-service";
import type { GroupId, JobId } from "@millrace/shared";
import { expect, test } from "vitest";
import { LeaseTokens } from "../session/lease-tokens.ts";
import { readChildren } from "./read-children.ts";

const groupId = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as GroupId;
const jobId = (last: string) => `documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1${last}` as JobId;
const { signal } = new AbortController();
const context = {
  ...{ headers: { get: () => undefined }, peer: "", path: "", identity: { name: "w" } },
  ...{ signal, leaving: signal, draining: signal, concerns: () => undefined },
};

test("a child that ends between the two reads is not reported as succeeded without a result", async () => {
  const tokens = new LeaseTokens(Buffer.from("secret"));
  const group = { id: groupId, state: "SUCCEEDED", rule: "any", createdAtMs: 0, total: 3 };
  const children = [
    { index: 1, jobId: jobId("C"), state: "SUCCEEDED", resultJson: "7" },
    { index: 2, jobId: jobId("D"), state: "UNFINISHED" },
    { index: 3, jobId: jobId("E"), state: "UNFINISHED" },
  ];
  const engine = {
    readChildren: async () => ({ kind: "read", group, children, more: false }),
    getJobs: async () => [
      { id: jobId("D"), state: "SCHEDULED" },
      { id: jobId("E"), state: "SUCCEEDED" },
    ],
  } as unknown as Engine;
  const lease = tokens.seal({ jobId: jobId("A"), token: 1 });
  const request = create(ReadChildrenRequestSchema, { lease });
  expect(await readChildren(engine, tokens)(request, context)).toMatchObject({
    children: [
      { state: JobState.SUCCEEDED, resultJson: "7" },
      { state: JobState.SCHEDULED },
      { state: JobState.RUNNING, resultJson: "", resultOmitted: false },
    ],
  });
});
