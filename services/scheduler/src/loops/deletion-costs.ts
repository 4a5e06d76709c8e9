import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { PodApi } from "../scaling/pod-api.ts";
import type { ConnectedWorkers } from "../session/connected-workers.ts";

/** Of a ReplicaSet's pods Kubernetes deletes those with the lowest value first. */
const ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";

/** 0 for an idle worker. Else a power of two, so that few changes of the number of jobs are changes of the cost. */
export const deletionCost = (running: number): number =>
  running === 0 ? 0 : 2 ** Math.floor(Math.log2(running));

/** The pods that a worker may be in: SDKs name it by its host, which is its pod, and its process. */
const podsNamed = (workerId: string): ReadonlySet<string> =>
  new Set([workerId.replace(/-\d+$/, ""), workerId]);

/**
 * Says which workers may go first when their pods become fewer: idle ones, then those with few jobs. Each scheduler says it of
 * the workers that are connected to it. Costs are as old as a round, so a worker that has just got a job may still be chosen.
 * It then drains, as every worker does that leaves.
 */
export function startDeletionCosts(
  connected: Pick<ConnectedWorkers, "list">,
  pods: PodApi,
  options: LoopOptions,
): Loop {
  let told = new Map<string, number>();
  const tell = async (workerId: string, cost: number): Promise<void> => {
    for (const pod of podsNamed(workerId))
      if (await pods.annotate(pod, { [ANNOTATION]: String(cost) })) return;
  };
  return every(async () => {
    const before = told;
    told = new Map();
    const failures: unknown[] = [];
    const byId = Map.groupBy(connected.list(), ({ workerId }) => workerId);
    for (const [workerId, workers] of byId) {
      const cost = deletionCost(workers.reduce((sum, { running }) => sum + running, 0));
      try {
        if (before.get(workerId) !== cost) await tell(workerId, cost);
        told.set(workerId, cost);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }, options);
}
