import { type GroupId, isUlid, type JobId, newGroupId, parseJobId } from "@millrace/shared";
import type { Jobs } from "../jobs/contract.ts";
import type { OtherEndsParts } from "../jobs/other-ends.ts";
import { retention } from "../jobs/retention.ts";
import { byShard } from "../redis/by-shard.ts";
import { groupIndex, shardIndex } from "../redis/keys.ts";
import type { EngineParts } from "../redis/parts.ts";
import { stampOf } from "../redis/stamp.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import { changeGroup } from "./change_group.ts";
import type {
  CreateOutcome,
  GroupFilter,
  GroupOutcome,
  GroupPage,
  GroupSettings,
  GroupSpec,
  Groups,
} from "./contract.ts";
import { createGroup } from "./create_group.ts";
import { openFanOut } from "./open_fan_out.ts";
import { readChildren } from "./read_children.ts";
import { readGroups } from "./read_groups.ts";
import { saveCheckpoint } from "./save_checkpoint.ts";
import { tendGroups } from "./tend_groups.ts";
import { withdrawGroup } from "./withdraw_group.ts";

/** How long a fan-out may take if its job has no deadline. */
const FAN_OUT_MS = 31 * 24 * 3_600_000;

export interface GroupsParts extends EngineParts<GroupSettings>, OtherEndsParts {
  readonly submit: Jobs["submit"];
}

/** Groups are stored like jobs: a group's id names its queue and key, and so its shard. */
const asJob = (id: GroupId): JobId => id as string as JobId;

export function openGroups(parts: GroupsParts): Groups {
  const { redis, clock, random, shards, onOtherEnds } = parts;

  const change = (id: GroupId, to: "close" | "cancel", reason: string) =>
    changeOne(parts, id, to, reason);

  return {
    createGroup: (spec) => createWithFinalizer(parts, spec),

    closeGroup: (id) => change(id, "close", ""),
    cancelGroup: (id, reason) => change(id, "cancel", reason === "" ? "cancelled" : reason),

    getGroups: async (ids) => {
      const shardOf = await shards.forJobs(ids.map(asJob));
      return byShard(
        ids,
        (id) => shardOf(asJob(id)),
        () => 1_024,
        ({ base }, group) => readGroups.run(redis, base, { ids: group }),
        () => undefined,
      );
    },

    listGroups: (filter) => listGroups(parts, filter),

    async listGroupChildren(id, afterIndex, limit) {
      const shard = await shards.ofJob(asJob(id));
      if (shard === undefined) return undefined;
      const read = await readChildren.run(redis, shard.base, { afterIndex, limit, of: { id } });
      if (read.kind !== "read") return undefined;
      const { kind: _, ...children } = read;
      return children;
    },

    async openFanOut(fanOut) {
      const shard = await shards.ofJob(fanOut.jobId);
      const parent = parseJobId(fanOut.jobId);
      if (shard === undefined || parent === undefined) return { kind: "leaseLost" };
      const stamp = stampOf(clock);
      const newId = newGroupId(parent.queue, parent.keyId, stamp.nowMs, random);
      const { retainFailedMs: keepFailedMs } = shard.definition;
      const deadlineMs = stamp.nowMs + FAN_OUT_MS;
      return openFanOut.run(redis, shard.base, {
        ...{ ...fanOut, ...stamp, keepFailedMs, newId, deadlineMs },
      });
    },

    async readChildren(lease, ordinal, afterIndex, limit) {
      const shard = await shards.ofJob(lease.jobId);
      if (shard === undefined) return { kind: "notFound" };
      const of = { lease, ordinal };
      return readChildren.run(redis, shard.base, { afterIndex, limit, of });
    },

    async saveCheckpoint(lease, checkpointJson) {
      const shard = await shards.ofJob(lease.jobId);
      if (shard === undefined) return false;
      return saveCheckpoint.run(redis, shard.base, { ...lease, checkpointJson });
    },

    async tendGroups(queue, limit) {
      const stamp = stampOf(clock);
      const results = await Promise.all(
        (await shards.ofQueue(queue)).map(({ base, definition }) => {
          const { keepSucceededMs, keepFailedMs } = retention(definition);
          const keepMs = Math.max(keepSucceededMs, keepFailedMs);
          return tendGroups.run(redis, base, { ...stamp, keepFailedMs, keepMs, limit });
        }),
      );
      for (const { others } of results) onOtherEnds(others);
      return { more: results.some(({ more }) => more) };
    },
  };
}

async function changeOne(
  { redis, clock, shards, onOtherEnds }: GroupsParts,
  id: GroupId,
  change: "close" | "cancel",
  reason: string,
): Promise<GroupOutcome> {
  const shard = await shards.ofJob(asJob(id));
  if (shard === undefined) return { kind: "notFound" };
  const { retainFailedMs: keepFailedMs } = shard.definition;
  const request = { ...stampOf(clock), keepFailedMs, id, change, reason };
  const { outcome, others } = await changeGroup.run(redis, shard.base, request);
  if (others !== undefined) onOtherEnds(others);
  return outcome;
}

async function createWithFinalizer(
  parts: GroupsParts,
  { finalizer, ...spec }: GroupSpec,
): Promise<CreateOutcome> {
  const { redis, clock, shards } = parts;
  const shard = await shards.ofJob(asJob(spec.id));
  if (shard === undefined) return { kind: "refused", outcome: { kind: "unknownQueue" } };
  const request = { ...spec, nowMs: clock.nowMs(), waiter: finalizer?.id ?? "" };
  const group = await createGroup.run(redis, shard.base, request);
  if (group === undefined) throw new Error(`the group ${spec.id} was not stored`);
  if (finalizer === undefined) return { kind: "created", group };
  const [outcome] = await parts.submit([{ ...finalizer, finalizes: spec.id }]);
  if (outcome === undefined) throw new Error("submit returned no outcome");
  if (outcome.kind === "accepted") return { kind: "created", group };
  if (outcome.kind === "existing" && outcome.jobId === finalizer.id)
    return { kind: "created", group };
  const { id } = spec;
  const left = await withdrawGroup.run(redis, shard.base, { id });
  if (left === "hasChildren") await changeOne(parts, id, "cancel", "its finalizer was refused");
  return { kind: "refused", outcome };
}

/** The page token is the last ULID that was read. */
async function listGroups(
  { redis, shards }: GroupsParts,
  { keyId, queue, pageSize, pageToken }: GroupFilter,
): Promise<GroupPage> {
  const all = await shards.ofQueue(queue);
  const shard = all[shardIndex(keyId, Math.max(1, all.length))];
  if (shard === undefined) return { groups: [] };
  const below = pageToken !== undefined && isUlid(pageToken) ? `(${pageToken}` : "+";
  const ulids = await redis
    .zrevrangebylex(groupIndex(shard, keyId), below, "-", "LIMIT", 0, pageSize)
    .catch((error: unknown) => {
      throw asStoreFault(error, "listing groups");
    });
  const ids = ulids.map((ulid) => `${queue}~${keyId}~${ulid}` as GroupId);
  const groups = ids.length === 0 ? [] : await readGroups.run(redis, shard.base, { ids });
  const last = ulids.length < pageSize ? undefined : ulids.at(-1);
  return {
    groups: groups.filter((group) => group !== undefined),
    ...(last === undefined ? {} : { nextPageToken: last }),
  };
}
