import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { SchedulerMetrics } from "@millrace/telemetry";
import { slotsByPool } from "../policy/slots-by-pool.ts";
import type { AllWorkers } from "../session/all-workers.ts";
import type { ConnectedWorkers } from "../session/connected-workers.ts";

export interface WorkerRosterParts {
  readonly connected: ConnectedWorkers;
  readonly allWorkers: Pick<AllWorkers, "publish" | "withdraw">;
  readonly metrics: Pick<SchedulerMetrics, "connectedSlots">;
}

/**
 * Publishes this scheduler's workers for the others, regularly and when one comes, leaves or drains. It also sets the gauge of
 * their slots.
 */
export function startWorkerRoster(
  { connected, allWorkers, metrics }: WorkerRosterParts,
  options: LoopOptions,
): Loop {
  let publishing: Promise<void> | undefined;
  let isDirty = false;
  let isClosed = false;
  const publish = async (): Promise<void> => {
    metrics.connectedSlots.reset();
    for (const { slots, ...labels } of slotsByPool(connected.list())) {
      metrics.connectedSlots.set(labels, slots);
    }
    await allWorkers.publish();
  };
  /** Runs one publication at a time. Changes meanwhile share the next one. */
  const publishOnce = async (): Promise<void> => {
    isDirty = true;
    publishing ??= (async () => {
      try {
        while (isDirty && !isClosed) {
          isDirty = false;
          await publish();
        }
      } finally {
        publishing = undefined;
      }
    })();
    await publishing;
  };
  connected.onChanged(() => void publishOnce().catch(options.onError));
  const loop = every(publishOnce, options);
  return {
    async close() {
      isClosed = true;
      await loop.close();
      await publishing?.catch(options.onError);
      await allWorkers.withdraw().catch(options.onError);
    },
  };
}
