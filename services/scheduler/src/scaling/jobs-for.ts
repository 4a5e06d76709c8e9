import type { Engine } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import type { QueueName } from "@millrace/shared";
import { isCallersQueue, type ScalingTarget } from "./scaling-target.ts";

type DemandEngine = Pick<Engine, "demand" | "queues" | "recentQueue">;

/** The queues that a target names. Throws QUEUE_NOT_FOUND for one that is not defined. */
export async function queuesFor(
  engine: Pick<Engine, "queues" | "recentQueue">,
  { queues }: ScalingTarget,
): Promise<readonly QueueName[]> {
  if (queues === "*") {
    return (await engine.queues()).map(({ name }) => name).filter(isCallersQueue);
  }
  for (const name of queues) {
    if ((await engine.recentQueue(name)) !== undefined) continue;
    throw rpcError({
      reason: "QUEUE_NOT_FOUND",
      message: `there is no queue ${name}: define it (millrace queues put ${name}), or correct the metadata queues`,
    });
  }
  return queues;
}

/** How many jobs the workers of a target could run now, or run already. */
export async function jobsFor(engine: DemandEngine, target: ScalingTarget): Promise<number> {
  const { pools, withoutPool } = target;
  const counts = (pool: string) => (pool === "" ? withoutPool : pools === "*" || pools.has(pool));
  let jobs = 0;
  for (const [pool, { runnable, running }] of await engine.demand(
    await queuesFor(engine, target),
  )) {
    if (counts(pool)) jobs += runnable + running;
  }
  return jobs;
}
