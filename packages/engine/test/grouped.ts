import { type GroupId, type KeyId, newGroupId, systemRandom } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import type { GroupSpec, JobSpec, Lease, QueueChange } from "../src/index.ts";
import { audit } from "./audit.ts";
import { queue, setup } from "./setup.ts";

/** A failure of an attempt that ends its job. */
export const failure = {
  reason: "PROVIDER_ERROR",
  message: "the provider answered 500",
  retryable: false,
};
export const DAY_MS = 24 * 3_600_000;

/**
 * An engine with a queue, and short forms of what tests of groups do. The engine is audited at the end, unless a test writes into
 * Redis what cannot be.
 */
export async function grouped(change: Partial<QueueChange> = {}, { audited = true } = {}) {
  const parts = await setup(change);
  const { engine, time, job, url, rootPrefix } = parts;
  const redis = new Redis(url);
  onTestFinished(async () => {
    if (audited) await audit(redis, rootPrefix);
    redis.disconnect();
  });
  const create = async (spec: Partial<GroupSpec> = {}, key = "aaaa") => {
    const id = newGroupId(queue, key as KeyId, time.nowMs, systemRandom);
    const made = await engine.createGroup({
      ...{ id, rule: "all", maxInFlight: 0, keepSiblings: false },
      ...{ createdAtMs: time.nowMs, deadlineMs: time.nowMs + DAY_MS },
      ...spec,
    });
    expect(made).toMatchObject({ kind: "created" });
    return id;
  };
  const join = async (id: GroupId, count: number, spec: Partial<JobSpec> = {}) => {
    const jobs = Array.from({ length: count }, () => job("aaaa", { group: { id }, ...spec }));
    const outcomes = await engine.submit(jobs);
    expect(outcomes.map(({ kind }) => kind)).toEqual(jobs.map(() => "accepted"));
    return jobs.map((one) => one.id);
  };
  const succeed = (leases: readonly Lease[]) =>
    engine.settle(
      leases.map((one) => ({
        ...one,
        kind: "complete" as const,
        resultJson: `"${one.jobId.slice(-3)}"`,
      })),
    );
  const fail = (leases: readonly Lease[]) =>
    engine.settle(
      leases.map((one) => ({ ...one, kind: "fail" as const, state: "FAILED" as const, failure })),
    );
  const group = async (id: GroupId) => (await engine.getGroups([id]))[0];
  const tend = async () => {
    while ((await engine.tendGroups(queue, 10)).more);
  };
  return { ...parts, redis, create, join, succeed, fail, group, tend };
}
