/**
 * How a service ends when its clients must hear of it first. It leaves: it reports that it is not ready, asks its clients to go
 * elsewhere, and serves those that come again because they know no other server yet. It asks again several times, as each of them
 * then looks the name up again. When the linger is over it drains: it accepts nothing more.
 */
import { wholeNumber } from "./issue-words.ts";
import { setting } from "./load-config.ts";

/** The setting of the services that others call. */
export const lingerSettings = {
  lingerMs: setting(
    "MILLRACE_LINGER_MS",
    wholeNumber(0, 600_000).default(0),
    "How long the service goes on serving after SIGTERM, in milliseconds, while it reports that it is not ready.",
  ),
};

/** The signals of one server's end. */
export class Departure {
  readonly #draining = new AbortController();
  /** Tells the calls that begin now. */
  #telling = new AbortController();
  #begun = false;

  /** Aborts when the server drains. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** The signal for a call that begins now. It aborts when the server leaves the next time, or drains. */
  get leaving(): AbortSignal {
    return this.#telling.signal;
  }

  /** Whether the server has begun to leave or to drain. */
  get begun(): boolean {
    return this.#begun;
  }

  leave(): void {
    this.#begun = true;
    const told = this.#telling;
    this.#telling = this.#draining.signal.aborted ? this.#draining : new AbortController();
    told.abort();
  }

  drain(): void {
    this.#draining.abort();
    this.leave();
  }
}
