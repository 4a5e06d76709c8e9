import { type Clock, sleep } from "@millrace/shared";
import { wholeNumber } from "./issue-words.ts";
import { setting } from "./load-config.ts";
import type { Scope } from "./run-main.ts";

/** The setting of every service that decides when it reports that it is not ready. */
export const readinessSettings = {
  readyGraceMs: setting(
    "MILLRACE_READY_GRACE_MS",
    wholeNumber(1_000, 3_600_000).default(30_000),
    "How long a dependency of the service may be unavailable before the service reports that it is not ready, in milliseconds.",
  ),
};

export interface DependencyOptions {
  /** The dependency's name in messages: "a scheduler". */
  readonly what: string;
  /** Asks the dependency for an answer. Rejects if there is none, within a few seconds at most. */
  readonly check: () => Promise<void>;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** How often the dependency is checked until it is ready, and afterwards. */
const FIRST_EVERY_MS = 1_000;
const EVERY_MS = 5_000;

/**
 * Something that a service cannot work without. The service is not ready before the dependency has answered once, so a
 * rollout with a wrong address stops. From then on the service stays ready until the dependency has not answered for
 * `graceMs`: a short outage must not take all replicas out of a load balancer at once. The next answer makes the service
 * ready again.
 */
export class Dependency {
  readonly #options: DependencyOptions;
  readonly #listeners: ((ready: boolean) => void)[] = [];
  readonly #stop = new AbortController();
  #answeredMs: number | undefined;
  #ready = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: DependencyOptions) {
    this.#options = options;
  }

  /** Why the service is not ready; undefined if the dependency has answered lately. */
  problem(): string | undefined {
    if (this.#ready) return undefined;
    const { what, clock } = this.#options;
    return this.#answeredMs === undefined
      ? `${what} has not answered yet`
      : `${what} has not answered for ${Math.floor((clock.nowMs() - this.#answeredMs) / 1_000)} s`;
  }

  /** Calls the listener with whether the dependency is ready, now and at each change. */
  onChange(listener: (ready: boolean) => void): void {
    this.#listeners.push(listener);
    listener(this.#ready);
  }

  /** Starts the checks. */
  start(): this {
    this.#running = this.#run();
    return this;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { check, clock, graceMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      const error = await check().then(
        () => undefined,
        (reason: unknown) => ({ reason }),
      );
      if (this.#stop.signal.aborted) return;
      if (error === undefined) this.#answeredMs = clock.nowMs();
      const sinceMs = clock.nowMs() - (this.#answeredMs ?? Number.NEGATIVE_INFINITY);
      this.#become(sinceMs < graceMs, error?.reason);
      const everyMs = this.#ready ? Math.min(EVERY_MS, graceMs / 3) : FIRST_EVERY_MS;
      await sleep(clock, everyMs, this.#stop.signal);
    }
  }

  #become(ready: boolean, error: unknown): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    const { what, log } = this.#options;
    if (ready) log.info({}, `${what} answers`);
    else log.warn({ error }, `${this.problem()}: this service is not ready`);
    for (const listener of this.#listeners) listener(ready);
  }
}

/** Makes a program ready only while the dependency is, and checks it until the program ends. */
export function dependOn(
  scope: Pick<Scope, "use" | "needs">,
  options: DependencyOptions,
): Dependency {
  const dependency = scope.use(new Dependency(options).start());
  scope.needs(dependency);
  return dependency;
}
