import type { Clock, TimerHandle } from "@millrace/shared";
import { unanswered } from "./call-fault.ts";

export interface PatienceLimits {
  /** How long the provider may send nothing, before its answer begins or within it. */
  readonly silenceMs: number;
  /** How long one answer may take in all. */
  readonly callMs: number;
}

/** Aborts after too long a silence of the provider, and when its answer takes too long in all. */
export class Patience {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #whole: TimerHandle;
  #silence: TimerHandle | undefined;
  #isOver = false;

  constructor(clock: Clock, { silenceMs, callMs }: PatienceLimits) {
    this.#clock = clock;
    this.#silenceMs = silenceMs;
    const tooLong = `The model provider took more than ${callMs / 1_000} s for one answer.`;
    this.#whole = this.#giveUpAfter(callMs, tooLong);
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** To be called for every byte. Those of comments count too: the server sends them to show that it is alive. */
  heard(): void {
    this.#silence?.cancel();
    if (this.#isOver) return;
    const ms = this.#silenceMs;
    const silent = `The model provider sent nothing for ${ms / 1_000} s.`;
    this.#silence = this.#giveUpAfter(ms, silent);
  }

  over(): void {
    this.#isOver = true;
    this.#silence?.cancel();
    this.#whole.cancel();
  }

  #giveUpAfter(ms: number, message: string): TimerHandle {
    return this.#clock.after(ms, () => {
      this.over();
      this.#abort.abort(unanswered("PROVIDER_ERROR", message));
    });
  }
}
