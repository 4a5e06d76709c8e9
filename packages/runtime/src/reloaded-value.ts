import { isDeepStrictEqual } from "node:util";
import type { Clock, TimerHandle } from "@millrace/shared";
import type { Scope } from "./run-main.ts";

/** A value that may be replaced while the program runs. */
export interface ReloadedValue<Value> {
  readonly current: Value;
  /** Calls the listener with each new value, until the program ends. */
  onReplaced(listener: (value: Value) => void): void;
}

/** Wraps a value that is never replaced. */
export const fixedValue = <Value>(current: Value): ReloadedValue<Value> => ({
  current,
  onReplaced: () => undefined,
});

/** Derives a value from a reloaded one. It is replaced together with that one. */
export const mapReloaded = <Value, Part>(
  whole: ReloadedValue<Value>,
  pick: (value: Value) => Part,
): ReloadedValue<Part> => ({
  get current() {
    return pick(whole.current);
  },
  onReplaced: (listener) => whole.onReplaced((value) => listener(pick(value))),
});

export interface ReloadOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** Names the value in the log. */
  readonly what: string;
}

/**
 * Reads a value, and reads it again every `everyMs`. It compares the content, so that it does not matter how files are
 * replaced, or in which order. If the first read throws, this throws. If a later one throws, the last value stays in use,
 * and the error is logged once.
 */
export function reloadRegularly<Value>(
  scope: Pick<Scope, "defer">,
  read: () => Value,
  { clock, everyMs, log, what }: ReloadOptions,
): ReloadedValue<Value> {
  const listeners: ((value: Value) => void)[] = [];
  let current = read();
  let problem: string | undefined;
  let timer: TimerHandle;
  const reload = () => {
    timer = clock.after(everyMs, reload);
    try {
      const next = read();
      problem = undefined;
      if (isDeepStrictEqual(next, current)) return;
      current = next;
      log.info({}, `${what}: the new content is in use from now on`);
      for (const listener of listeners) listener(next);
    } catch (error) {
      const { message } = error as Error;
      if (message !== problem) {
        log.warn(
          { error },
          `${what}: the new content is not usable: correct it; the last usable content stays in use`,
        );
      }
      problem = message;
    }
  };
  timer = clock.after(everyMs, reload);
  scope.defer(() => timer.cancel());
  return {
    get current() {
      return current;
    },
    onReplaced: (listener) => void listeners.push(listener),
  };
}
