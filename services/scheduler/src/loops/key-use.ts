import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { SchedulerMetrics } from "@millrace/telemetry";
import { limitOf } from "../messages/budget-use-message.ts";

/** How many limits have a gauge: those of which the largest part is used. */
export const MOST_GAUGES = 20;

/** Sets the gauges of how much of their limits the busiest keys use. */
export const startKeyUse = (
  engine: { readonly keyBudgets: Pick<Engine["keyBudgets"], "getAll" | "usedNow"> },
  { keyBudgetUsed }: Pick<SchedulerMetrics, "keyBudgetUsed">,
  options: LoopOptions,
): Loop =>
  every(async () => {
    const used = await engine.keyBudgets.usedNow();
    const budgets = await engine.keyBudgets.getAll([...used.keys()]);
    const ratios = [...used].flatMap(([keyId, queues]) =>
      queues.flatMap(({ queue, limits }) =>
        limits.flatMap(({ kind, used: amount }) => {
          const limit = limitOf[kind](budgets.get(keyId) ?? {});
          return limit === undefined ? [] : [{ keyId, queue, kind, ratio: amount / limit }];
        }),
      ),
    );
    ratios.sort((a, b) => b.ratio - a.ratio);
    // Keys that are no longer among the busiest lose their gauge.
    keyBudgetUsed.reset();
    for (const { keyId, queue, kind, ratio } of ratios.slice(0, MOST_GAUGES)) {
      keyBudgetUsed.set({ key_id: keyId, queue, limit: kind }, ratio);
    }
  }, options);
