/** Things that come one after the other and are kept, for whoever waits for one of them. */
export class Heard<Item> {
  readonly items: Item[] = [];
  #waiting = new Set<() => void>();
  #failure: Error | undefined;

  add(item: Item): void {
    this.items.push(item);
    for (const look of this.#waiting) look();
  }

  /** Nothing more will come: whoever waits is told why. */
  end(why: string): void {
    this.#failure ??= new Error(why);
    for (const look of this.#waiting) look();
  }

  /** The first item from index `from` on that `is` it, come already or to come. */
  until(is: (item: Item) => boolean, from = 0): Promise<Item> {
    return new Promise((resolve, reject) => {
      let next = from;
      const look = () => {
        for (; next < this.items.length; next += 1) {
          const item = this.items[next] as Item;
          if (!is(item)) continue;
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
