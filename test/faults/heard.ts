/** Keeps items that arrive one after another, and lets tests wait for one of them. */
export class Heard<Item> {
  readonly items: Item[] = [];
  #waiting = new Set<() => void>();
  #failure: Error | undefined;

  add(item: Item): void {
    this.items.push(item);
    for (const look of this.#waiting) look();
  }

  /** Ends the series. Whoever waits for an item is rejected with the reason. */
  end(why: string): void {
    this.#failure ??= new Error(why);
    for (const look of this.#waiting) look();
  }

  /**
   * Resolves with the first item, from index `from`, that matches. The item may have arrived already or may still
   * arrive.
   */
  until(matches: (item: Item) => boolean, from = 0): Promise<Item> {
    return new Promise((resolve, reject) => {
      let next = from;
      const look = () => {
        for (; next < this.items.length; next += 1) {
          const item = this.items[next] as Item;
          if (!matches(item)) continue;
          this.#waiting.delete(look);
          return resolve(item);
        }
        if (this.#failure !== undefined) {
          this.#waiting.delete(look);
          reject(this.#failure);
        }
      };
      this.#waiting.add(look);
      look();
    });
  }
}
