import type { Clock, TimerHandle } from "@millrace/shared";

/** How long losses are gathered into one line of the log. */
const LINE_EVERY_MS = 60_000;

export interface LostSpansOptions {
  /** Where spans are sent to, for the log. */
  readonly collector: string;
  readonly clock: Pick<Clock, "after">;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** Reports spans that were lost: at once, and then at most once a minute with their number. */
export class LostSpans {
  readonly #options: LostSpansOptions;
  #count = 0;
  #why: unknown;
  #isAway = false;
  #timer: TimerHandle | undefined;

  constructor(options: LostSpansOptions) {
    this.#options = options;
  }

  /** Spans were not sent, and are gone. */
  lost(spans: number, why: unknown): void {
    this.#count += spans;
    this.#why = why ?? this.#why;
    this.#isAway = true;
    if (this.#timer === undefined) this.#report();
  }

  /** The collector has taken spans. */
  taken(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#write();
    const { collector, log } = this.#options;
    log.info({ collector }, "the collector takes spans again");
  }

  close(): void {
    this.#timer?.cancel();
    this.#write();
  }

  #report(): void {
    this.#timer = undefined;
    if (this.#count === 0) return;
    this.#write();
    this.#timer = this.#options.clock.after(LINE_EVERY_MS, () => this.#report());
  }

  #write(): void {
    if (this.#count === 0) return;
    const { collector, log } = this.#options;
    log.warn({ lost: this.#count, collector, error: this.#why }, "spans were lost");
    this.#count = 0;
  }
}
