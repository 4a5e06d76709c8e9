import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import type { JobSpec } from "../src/index.ts";
import { leaseOne, queue, setup } from "./setup.ts";

/** Opens an engine with one job, which a worker holds. */
export async function running(spec: Partial<JobSpec> = {}) {
  const parts = await setup();
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  await parts.engine.submit([parts.job("aaaa", spec)]);
  const base = `${parts.rootPrefix}:{${queue}:0}:${queue}:`;
  return { ...parts, redis, base, held: await leaseOne(parts.engine) };
}
