import type { Clock, Random, TimerHandle } from "@millrace/shared";

/** Connections that were opened together do not end together. */
const JITTER = 0.1;

export interface ConnectionAging {
  /** The connection is to take no more calls. */
  readonly onOld: () => void;
  /** As long again has passed: what is still under way on it is cut. */
  readonly onOver: () => void;
}

/** Ends connections after a time, so that clients find new replicas and nothing of a connection lasts for ever. */
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
