import { DEFAULT_DRAIN_MS } from "./worker-defaults.ts";
import type { DrainOnSignal } from "./worker-options.ts";

const signals = ["SIGTERM", "SIGINT"] as const;

/**
 * Calls `drain` at the first SIGTERM or SIGINT. The second one ends the process, as if nobody listened. `release` stops
 * listening.
 */
export function onSignal(
  option: DrainOnSignal | undefined,
  drain: (graceMs: number) => void,
): { release(): void } {
  if (option === undefined || option === false) return { release: () => undefined };
  const graceMs = (option === true ? undefined : option.graceMs) ?? DEFAULT_DRAIN_MS;
  const release = () => {
    for (const signal of signals) process.off(signal, received);
  };
  const received = () => {
    release();
    drain(graceMs);
  };
  for (const signal of signals) process.on(signal, received);
  return { release };
}
