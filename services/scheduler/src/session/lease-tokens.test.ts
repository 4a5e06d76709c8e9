import { type JobId, type KeyId, newJobId, type QueueName, systemRandom } from "@millrace/shared";
import { expect, test } from "vitest";
import { LeaseTokens, NO_TOKEN } from "./lease-tokens.ts";

const tokens = new LeaseTokens(Buffer.from("a secret of all schedulers"));
const queues = new Set(["documents"]);
const jobId = newJobId("documents" as QueueName, "aaaa" as KeyId, 1, systemRandom);
const message = (id: JobId, fencingToken: bigint) => ({ jobId: id, fencingToken }) as never;

test("opens a sealed lease at any scheduler with the same secret", () => {
  const other = new LeaseTokens(Buffer.from("a secret of all schedulers"));
  for (const token of [1, 2, 2 ** 23 - 1]) {
    const sealed = tokens.seal({ jobId, token });
    expect(other.open(message(jobId, sealed.fencingToken), queues)).toEqual({ jobId, token });
  }
  expect(() => tokens.seal({ jobId, token: 2 ** 23 })).toThrow(RangeError);
});

test("raises the tokens of one job", () => {
  const sealed = [1, 2, 3, 1_000].map((token) => tokens.seal({ jobId, token }).fencingToken);
  expect([...sealed].sort((a, b) => (a < b ? -1 : 1))).toEqual(sealed);
});

const { fencingToken } = tokens.seal({ jobId, token: 2 });
const strange = newJobId("images" as QueueName, "aaaa" as KeyId, 1, systemRandom);

test.each([
  ["the engine's own token", message(jobId, 2n)],
  ["another number in the unguessable part", message(jobId, fencingToken ^ 1n)],
  [
    "the part of an earlier lease with the number of the next",
    message(jobId, fencingToken + (1n << 40n)),
  ],
  [
    "the token of another job",
    message(newJobId("documents" as QueueName, "aaaa" as KeyId, 2, systemRandom), fencingToken),
  ],
  [
    "the right token of a job in a queue that the worker does not serve",
    message(strange, tokens.seal({ jobId: strange, token: 2 }).fencingToken),
  ],
  ["the largest token that there is", message(jobId, 2n ** 64n - 1n)],
  ["no lease", undefined],
])("takes %s for a lease that nobody holds", (_, lease) => {
  expect(tokens.open(lease, queues).token).toBe(0);
});

test("opens nothing with another secret", () => {
  const other = new LeaseTokens(Buffer.from("another"));
  expect(other.open(message(jobId, fencingToken), queues).token).toBe(0);
});

test("opens the oldest of very many leases, and none that was sealed with a replaced secret", () => {
  const own = new LeaseTokens(Buffer.from("a secret of all schedulers"));
  const sealed = Array.from({ length: 4_097 }, (_, i) => own.seal({ jobId, token: i + 1 }));
  for (const [at, token] of [
    [0, 1],
    [4_096, 4_097],
  ] as const) {
    const opened = own.open(message(jobId, sealed[at]?.fencingToken ?? 0n), queues);
    expect(opened).toEqual({ jobId, token });
  }
  own.secret = Buffer.from("another secret");
  const opened = own.open(message(jobId, sealed[4_096]?.fencingToken ?? 0n), queues);
  expect(opened).toEqual({ jobId, token: NO_TOKEN });
});
