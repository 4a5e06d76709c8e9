import { Heard } from "./heard.ts";

/** Callers that repeat one kind of work until they are stopped. */
export class Rounds {
  readonly #rounds = new Map<string, Heard<number>>();
  readonly #ends: Promise<void>[] = [];
  #over = false;

  /** Starts a caller. `round` throws if anything is wrong. */
  start(name: string, round: (n: number) => Promise<void>): void {
    const done = new Heard<number>();
    this.#rounds.set(name, done);
    const run = async () => {
      for (let n = 1; !this.#over; n += 1) {
        await round(n);
        done.add(n);
      }
    };
    this.#ends.push(
      run().catch((cause: unknown) => {
        done.end(`${name} failed`);
        throw new Error(`${name} failed`, { cause });
      }),
    );
    // The failure is reported when all callers are awaited.
    this.#ends.at(-1)?.catch(() => undefined);
  }

  /** Resolves once each caller has done this many further rounds. */
  async more(times: number): Promise<void> {
    const all = [...this.#rounds.values()].map((done) => {
      const wanted = (done.items.at(-1) ?? 0) + times;
      return done.until((n) => n >= wanted);
    });
    await Promise.race([Promise.all(all), Promise.all(this.#ends)]);
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#ends);
  }
}
