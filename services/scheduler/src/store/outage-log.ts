import { StoreUnavailable } from "@millrace/engine";
import type { Clock } from "@millrace/shared";

/** How often an outage that lasts is logged. */
const LINE_EVERY_MS = 60_000;

export interface OutageLogOptions {
  readonly clock: Pick<Clock, "nowMs">;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/**
 * Logs an outage of Redis once for all duties of a scheduler: when it begins, then each minute, and when it is over. Each
 * duty fails every second or so meanwhile, and would log that.
 */
export class OutageLog {
  readonly #options: OutageLogOptions;
  #sinceMs: number | undefined;
  #loggedMs = 0;
  #failures = 0;

  constructor(options: OutageLogOptions) {
    this.#options = options;
  }

  /** Returns whether the error is an outage. If it is, nobody else needs to log it. */
  noted(error: unknown): boolean {
    if (!(error instanceof StoreUnavailable)) return false;
    const nowMs = this.#options.clock.nowMs();
    this.#failures += 1;
    if (this.#sinceMs !== undefined && nowMs - this.#loggedMs < LINE_EVERY_MS) return true;
    this.#sinceMs ??= nowMs;
    this.#loggedMs = nowMs;
    this.#options.log.warn(
      { ...this.#counts(nowMs), reason: error.message },
      "Redis is unavailable",
    );
    return true;
  }

  /** Redis has answered a call that was made to find that out. */
  answered(): void {
    if (this.#sinceMs === undefined) return;
    this.#options.log.info(this.#counts(this.#options.clock.nowMs()), "Redis is available again");
    this.#sinceMs = undefined;
    this.#failures = 0;
  }

  #counts(nowMs: number) {
    const awayMs = nowMs - (this.#sinceMs ?? nowMs);
    return { away_s: Math.round(awayMs / 1_000), failures: this.#failures };
  }
}
