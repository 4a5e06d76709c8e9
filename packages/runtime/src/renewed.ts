import { isDeepStrictEqual } from "node:util";
import type { Clock, TimerHandle } from "@millrace/shared";
import type { Scope } from "./run-main.ts";

/** A value that may be replaced while a program runs. */
export interface Renewed<Value> {
  readonly current: Value;
  /** Told of each value that replaces the one before, for the program's life. */
  onRenewed(listener: (value: Value) => void): void;
}

/** A value that stays as it is. */
export const fixed = <Value>(current: Value): Renewed<Value> => ({
  current,
  onRenewed: () => undefined,
});

/** What of a value concerns one part. */
export const partOf = <Value, Part>(
  whole: Renewed<Value>,
  pick: (value: Value) => Part,
): Renewed<Part> => ({
  get current() {
    return pick(whole.current);
  },
  onRenewed: (listener) => whole.onRenewed((value) => listener(pick(value))),
});

export interface KeepRenewedOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** Names what is read, in the log. */
  readonly what: string;
}

/**
 * Reads a value, and reads it again every so often, by its content: how files are replaced, and when
 * one of several is, makes no difference. The first reading may throw. A later one that throws leaves
 * the value as it is, and is logged once.
 */
export function keepRenewed<Value>(
  scope: Pick<Scope, "defer">,
  read: () => Value,
  { clock, everyMs, log, what }: KeepRenewedOptions,
): Renewed<Value> {
  const listeners: ((value: Value) => void)[] = [];
  let current = read();
  let problem: string | undefined;
  let timer: TimerHandle;
  const look = () => {
    timer = clock.after(everyMs, look);
    try {
      const next = read();
      problem = undefined;
      if (isDeepStrictEqual(next, current)) return;
      current = next;
      log.info({}, `${what}: replaced, and in use from now on`);
      for (const listener of listeners) listener(next);
    } catch (error) {
      const { message } = error as Error;
      if (message !== problem) {
        log.warn(
          { error },
          `${what}: replaced by what is not usable: what was there before stays in use`,
        );
      }
      problem = message;
    }
  };
  timer = clock.after(everyMs, look);
  scope.defer(() => timer.cancel());
  return {
    get current() {
      return current;
    },
    onRenewed: (listener) => void listeners.push(listener),
  };
}
