interface Waiting<Value, Result> {
  readonly value: Value;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Calls of the same turn of the event loop, which run together. */
export class Gathered<Value, Result> {
  private readonly run: (values: readonly Value[]) => Promise<readonly Result[]>;
  private readonly most: number;
  private waiting: Waiting<Value, Result>[] = [];

  /**
   * @param run returns a result for each value, in order. If it rejects, all its calls do.
   * @param most the most values that `run` gets at once.
   */
  constructor(
    run: (values: readonly Value[]) => Promise<readonly Result[]>,
    most: number = Number.POSITIVE_INFINITY,
  ) {
    this.run = run;
    this.most = most;
  }

  call(value: Value): Promise<Result> {
    return new Promise((resolve, reject) => {
      // The next tick comes when no promise of this turn has anything left to do.
      if (this.waiting.push({ value, resolve, reject }) === 1) process.nextTick(() => this.flush());
    });
  }

  private flush(): void {
    const all = this.waiting;
    this.waiting = [];
    for (let first = 0; first < all.length; first += this.most) {
      this.runTogether(all.slice(first, first + this.most));
    }
  }

  private runTogether(calls: readonly Waiting<Value, Result>[]): void {
    this.run(calls.map(({ value }) => value)).then(
      (results) => {
        for (const [at, { resolve }] of calls.entries()) resolve(results[at] as Result);
      },
      (error) => {
        for (const { reject } of calls) reject(error);
      },
    );
  }
}
