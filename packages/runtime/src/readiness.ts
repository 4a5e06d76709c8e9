import { type Clock, sleep } from "@millrace/shared";
import { z } from "zod";
import { setting } from "./load-config.ts";
import type { Scope } from "./run-main.ts";

/** When a service that has lost what it depends on says so: part of its configuration. */
export const readinessSettings = {
  readyGraceMs: setting(
    "MILLRACE_READY_GRACE_MS",
    z.coerce.number().int().min(1_000).max(3_600_000).default(30_000),
    "How long what a service depends on may be away before the service is not ready, in milliseconds.",
  ),
};

export interface DependencyOptions {
  /** What it is, for people: "a scheduler". */
  readonly what: string;
  /** Asks it for an answer; rejects without one, and must take no longer than a few seconds. */
  readonly check: () => Promise<void>;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** How often it is asked while it has not answered yet, and afterwards. */
const FIRST_EVERY_MS = 1_000;
const EVERY_MS = 5_000;

/**
 * Something that a service cannot do its work without. The service is not ready before it has answered
 * once: a rollout with a wrong address stops there. From then on the service stays ready until it has not
 * answered for `graceMs`, so that a short outage does not take all replicas out of a load balancer at
 * once, and it is ready again with the next answer.
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

  /** Undefined while it is there, or was a short time ago; else why the service is not ready. */
  problem(): string | undefined {
    if (this.#ready) return undefined;
    const { what, clock } = this.#options;
    return this.#answeredMs === undefined
      ? `${what} has not answered yet`
      : `${what} has not answered for ${Math.floor((clock.nowMs() - this.#answeredMs) / 1_000)} s`;
  }

  /** Told whether it is there, now and at each change. */
  onChange(listener: (ready: boolean) => void): void {
    this.#listeners.push(listener);
    listener(this.#ready);
  }

  /** Asks from now on. */
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

/** Has a program be ready only while the dependency is there, and asks it until the program ends. */
export function dependOn(
  scope: Pick<Scope, "use" | "needs">,
  options: DependencyOptions,
): Dependency {
  const dependency = scope.use(new Dependency(options).start());
  scope.needs(dependency);
  return dependency;
}
