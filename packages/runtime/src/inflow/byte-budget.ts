interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

/** A limit on bytes held at once. Waiting callers are served in the order of their arrival. */
export class ByteBudget {
  readonly #limit: number;
  readonly #waiting = new Set<Waiting>();
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isIdle(): boolean {
    return this.#used === 0 && this.#waiting.size === 0;
  }

  /**
   * Returns true if the bytes are taken now; otherwise `go` is called once they are. A single message always fits,
   * however long.
   */
  take(bytes: number, go: () => void): boolean {
    if (this.#waiting.size === 0 && this.#fits(bytes)) {
      this.#used += bytes;
      return true;
    }
    this.#waiting.add({ bytes, go });
    return false;
  }

  /** Gives taken bytes back, or ends the wait for them. Call it with the same `go`. */
  give(bytes: number, go: () => void): void {
    for (const one of this.#waiting) {
      if (one.go !== go) continue;
      this.#waiting.delete(one);
      this.#serve();
      return;
    }
    this.#used -= bytes;
    this.#serve();
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#limit;
  }

  #serve(): void {
    for (const one of this.#waiting) {
      if (!this.#fits(one.bytes)) return;
      this.#waiting.delete(one);
      this.#used += one.bytes;
      one.go();
    }
  }
}
