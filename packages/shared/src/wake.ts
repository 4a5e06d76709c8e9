/** Wakes one waiter. A wake without a waiter is kept, so that no wake between two waits is lost. */
export interface Wake {
  wake(): void;
  /** Resolves at the next wake, or at once if one came since the last wait. */
  wait(): Promise<void>;
}

export function createWake(): Wake {
  let woken = false;
  let resume: (() => void) | undefined;
  return {
    wake() {
      woken = true;
      resume?.();
    },
    async wait() {
      if (!woken) await new Promise<void>((resolve) => (resume = resolve));
      woken = false;
    },
  };
}
