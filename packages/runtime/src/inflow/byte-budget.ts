interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

/** Bytes that may be held at once. Those who must wait are served in the order of their arrival. */
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

  /** True if the bytes are taken now; else `go` is called when they are. One message fits always, however long it is. */
  take(bytes: number, go: () => void): boolean {
    if (this.#waiting.size === 0 && this.#fits(bytes)) {
      this.#used += bytes;
      return true;
    }
    this.#waiting.add({ bytes, go });
    return false;
  }

  /** To be called by who took bytes, or no longer waits for them with `go`. */
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
