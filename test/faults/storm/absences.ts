import type { Clock } from "@millrace/shared";

/**
 * Remembers when models were not in the catalogue. While its model is away, a job has no other route. So an account that is
 * not accepted fails it for good.
 */
export class Absences {
  readonly #clock: Clock;
  readonly #away = new Set<string>();
  readonly #backMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(model: string): void {
    this.#away.add(model);
  }

  end(model: string): void {
    if (this.#away.delete(model)) this.#backMs.set(model, this.#clock.nowMs());
  }

  /** Whether the model was away at some time since then. */
  since(model: string, sinceMs: number): boolean {
    return this.#away.has(model) || (this.#backMs.get(model) ?? -1) >= sinceMs;
  }
}
