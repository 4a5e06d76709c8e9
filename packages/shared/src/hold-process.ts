/** Any long time will do: the timer is there to exist. */
const HOLD_OPEN_MS = 2 ** 30;

/** Keeps the process alive until it is released: the clock's timers do not, nor does a channel without a connection. */
export function holdProcess(): { release(): void } {
  const timer = setInterval(() => undefined, HOLD_OPEN_MS);
  return { release: () => clearInterval(timer) };
}
