/** Checks the invariants that must hold whenever no script runs. */
import type { Redis } from "ioredis";
import { expect } from "vitest";
import { auditEngine } from "../src/audit/audit-engine.ts";
import type { QueueDefinition } from "../src/index.ts";
import { registryKeys } from "../src/redis/keys.ts";

export async function audit(redis: Redis, rootPrefix: string): Promise<void> {
  const definitions = await redis.hvals(registryKeys(rootPrefix).queues);
  const queues = definitions.map((text) => JSON.parse(text) as QueueDefinition);
  expect(await auditEngine(redis, rootPrefix, queues, 0)).toEqual([]);
}
