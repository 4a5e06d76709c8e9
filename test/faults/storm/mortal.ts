import type { LocalService, ServiceExit } from "@millrace/local";
import { type Clock, sleep } from "@millrace/shared";

const PAUSE_MS = 200;

export interface MortalEvents {
  /** It ended, and nobody had asked it to. */
  died(exit: ServiceExit): void;
  /** It was told to drain, and ended otherwise than well. */
  drainedBadly(exit: ServiceExit): void;
  /** It could not start, as while what it needs is away. */
  startFailed(): void;
}

/** A service that is ended on purpose and started again, as by an orchestrator: also when it ends by itself. */
export class Mortal {
  readonly name: string;
  readonly #service: LocalService;
  readonly #clock: Clock;
  readonly #events: MortalEvents;
  #wanted = true;

  constructor(name: string, service: LocalService, clock: Clock, events: MortalEvents) {
    this.name = name;
    this.#service = service;
    this.#clock = clock;
    this.#events = events;
    this.#watch();
  }

  async kill(): Promise<void> {
    this.#wanted = false;
    await this.#service.kill();
  }

  async drain(): Promise<void> {
    this.#wanted = false;
    const exit = await this.#service.stop();
    if (exit.code !== 0) this.#events.drainedBadly(exit);
  }

  freeze(): void {
    this.#service.pause();
  }

  thaw(): void {
    this.#service.resume();
  }

  /** Its wall clock jumps (jumping-clock.ts): wrong, and right with the next. */
  jump(): void {
    try {
      process.kill(this.#service.pid, "SIGUSR2");
    } catch {
      // It has just ended, and starts again with the right time.
    }
  }

  /** Resolves when it is ready, as many starts as it takes. */
  async start(): Promise<void> {
    for (;;) {
      try {
        await this.#service.restart();
        break;
      } catch {
        this.#events.startFailed();
        await sleep(this.#clock, PAUSE_MS);
      }
    }
    this.#wanted = true;
    this.#watch();
  }

  /** From now on its end is no news. */
  release(): void {
    this.#wanted = false;
  }

  #watch(): void {
    void this.#service.exited.then((exit) => {
      if (!this.#wanted) return;
      this.#wanted = false;
      this.#events.died(exit);
      void this.start();
    });
  }
}
