/**
 * The backends that the contract holds for: BullMQ's own, which defines the contract; FairBackend, once with BullMQ's ids (all
 * jobs in the plain lane) and once with ids that name an API key (all jobs in that key's lane); and that of @millrace/bullmq,
 * once with jobs without a group and once with all jobs in one group.
 */
import { fairBackend as groupsBackend } from "@millrace/bullmq";
import { type KeyId, newJobId, type QueueName, systemClock, systemRandom } from "@millrace/shared";
import {
  type BackendFactory,
  createRedisBackend,
  type JobsOptions,
  type RedisQueueBackend,
} from "bullmq";
import { describe } from "vitest";
import { fairBackend } from "../fair-backend-factory.ts";

export interface Backend {
  readonly name: string;
  readonly factory: BackendFactory<RedisQueueBackend>;
  /** The id for a job that is added without one. If it is undefined, BullMQ chooses. */
  newId(): string | undefined;
  /** The id for the name `label` in a test. */
  id(label: string): string;
  /** Options of every job. */
  readonly jobOptions?: JobsOptions;
  /** True if jobs of different priority bands are in one lane. */
  readonly oneLaneForAllPriorities: boolean;
}

export const keyedId = (key: string) =>
  newJobId("contract" as QueueName, key as KeyId, systemClock.nowMs(), systemRandom);

export const bullBackend: Backend = {
  name: "BullMQ's backend",
  factory: createRedisBackend,
  newId: () => undefined,
  id: (label) => label,
  oneLaneForAllPriorities: true,
};

export const fairPlain: Backend = {
  ...bullBackend,
  name: "FairBackend, BullMQ's ids",
  factory: fairBackend(),
};

export const fairKeyed: Backend = {
  name: "FairBackend, ids with an API key",
  factory: fairBackend(),
  newId: () => keyedId("key1"),
  id: (label) => `contract~key1~${label}`,
  oneLaneForAllPriorities: false,
};

const withoutGroups: Backend = {
  ...bullBackend,
  name: "@millrace/bullmq, no group",
  factory: groupsBackend(),
};

const inOneGroup: Backend = {
  ...withoutGroups,
  name: "@millrace/bullmq, one group",
  jobOptions: { group: "Acme, Inc." },
  oneLaneForAllPriorities: false,
};

const all: readonly Backend[] = [bullBackend, fairPlain, fairKeyed, withoutGroups, inOneGroup];

/** Runs the same tests for every backend. */
export function contract(title: string, body: (backend: Backend) => void): void {
  for (const backend of all) describe(`${title}: ${backend.name}`, () => body(backend));
}
