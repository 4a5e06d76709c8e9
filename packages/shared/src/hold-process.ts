/** The length does not matter. The timer only has to exist. */
const HOLD_OPEN_MS = 2 ** 30;

/**
 * Keeps the process alive until it is released. Timers of the clock do not keep it alive, and neither does a
 * channel without a connection.
 */
export function holdProcess(): { release(): void } {
  const timer = setInterval(() => undefined, HOLD_OPEN_MS);
  return { release: () => clearInterval(timer) };
}
