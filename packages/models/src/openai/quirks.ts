/** How a server may differ from OpenAI's. docs/providers.md says of each what it is for. */
export const quirks = [
  "max-tokens",
  "no-stream-options",
  "no-reasoning-effort",
  "no-system",
  "no-stream",
  "content-parts",
  "no-finish-reason",
  "thought-first",
  "api-key-header",
  "counts-less",
] as const;

export type Quirk = (typeof quirks)[number];

/** Whether a server has a quirk, as one of its answers shows. */
export interface Lesson {
  readonly quirk: Quirk;
  readonly has: boolean;
}

/** What is known of a server: the quirks that the operator declares, and what its answers have shown since the process began. */
export class Dialect {
  readonly #quirks: Set<Quirk>;
  /** The quirks that an answer has shown or ruled out. */
  readonly #known = new Set<Quirk>();

  constructor(declared: readonly Quirk[]) {
    this.#quirks = new Set(declared);
  }

  has(quirk: Quirk): boolean {
    return this.#quirks.has(quirk);
  }

  /** Whether an answer has shown or ruled out a quirk, or the operator declares it. */
  knows(quirk: Quirk): boolean {
    return this.#known.has(quirk) || this.#quirks.has(quirk);
  }

  learn({ quirk, has }: Lesson): void {
    this.#known.add(quirk);
    if (has) this.#quirks.add(quirk);
    else this.#quirks.delete(quirk);
  }
}
