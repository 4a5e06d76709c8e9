import type { LocalService, ServiceExit } from "@millrace/local";
import { type Clock, sleep } from "@millrace/shared";

const PAUSE_MS = 200;

export interface MortalEvents {
  /** The service ended by itself. */
  died(exit: ServiceExit): void;
  /** The service was told to drain, but its exit code was not 0. */
  drainedBadly(exit: ServiceExit): void;
  /** The service could not start, for example because Redis was away. */
  startFailed(): void;
}

/**
 * A service that faults may end. It is started again afterwards, as an orchestrator would do, even if it ends by
 * itself.
 */
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

  /** Sets the service's clock (jumping-clock.ts): to a wrong time, and to the right time with the next call. */
  jump(): void {
    try {
      process.kill(this.#service.pid, "SIGUSR2");
    } catch {
      // The service has just ended. It starts again with the right time.
    }
  }

  /** Starts the service, with as many tries as it takes. Resolves when it is ready. */
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

  /** Stops the supervision: the service may end without a report. */
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
