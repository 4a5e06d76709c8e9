import type { Clock, Random, TimerHandle } from "@millrace/shared";

/** The spread of ages, so that connections that were opened together do not end together. */
const JITTER = 0.1;

export interface ConnectionAging {
  /** Called when the connection should take no more calls. */
  readonly onOld: () => void;
  /** Called after the same time again: calls that are still under way on the connection are cut. */
  readonly onOver: () => void;
}

/** Ends connections after a time, so that clients find new replicas and no connection lasts forever. */
export class ConnectionAge {
  readonly #ageMs: number;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(ageMs: number, clock: Clock, random: Random) {
    this.#ageMs = ageMs;
    this.#clock = clock;
    this.#random = random;
  }

  start({ onOld, onOver }: ConnectionAging): TimerHandle {
    const ageMs = this.#ageMs * (1 - JITTER + 2 * JITTER * this.#random.next());
    let timer = this.#clock.after(ageMs, () => {
      timer = this.#clock.after(this.#ageMs, onOver);
      onOld();
    });
    return { cancel: () => timer.cancel() };
  }
}
