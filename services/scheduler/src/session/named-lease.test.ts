import { create } from "@bufbuild/protobuf";
import { LeaseRefSchema } from "@millrace/proto/worker-service";
import type { JobId } from "@millrace/shared";
import { expect, test } from "vitest";
import { LeaseTokens } from "./lease-tokens.ts";
import { namedLease } from "./named-lease.ts";

const jobId = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId;
const tokens = new LeaseTokens(Buffer.alloc(32, 7));
const sealed = create(LeaseRefSchema, tokens.seal({ jobId, token: 3 }));

test("opens a sealed lease of a worker whose token is for all queues, or for this one", () => {
  expect(namedLease(tokens, { name: "w" }, sealed)).toEqual({ jobId, token: 3 });
  const pass = { name: "w", queues: ["other", "documents"] };
  expect(namedLease(tokens, pass, sealed)).toEqual({ jobId, token: 3 });
});

test("answers LEASE_LOST for a forged lease, and for a queue that the worker's token is not for", () => {
  const forged = create(LeaseRefSchema, { jobId, fencingToken: sealed.fencingToken + 1n });
  expect(() => namedLease(tokens, { name: "w" }, forged)).toThrow("lease");
  expect(() => namedLease(tokens, { name: "w" }, undefined)).toThrow("lease");
  const pass = { name: "w", queues: ["other"] };
  expect(() => namedLease(tokens, pass, sealed)).toThrow("lease");
});
