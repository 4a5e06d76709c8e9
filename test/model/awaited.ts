import type { AwaitedEnds, Engine } from "@millrace/engine";
import { createWake, type JobId } from "@millrace/shared";
import { expect } from "vitest";

/** Awaits the end of every job at one replica, and checks that each is reported once, as it is stored. */
export class Awaited {
  readonly #open = new Set<JobId>();
  readonly #news = createWake();
  #ends: AwaitedEnds | undefined;

  /** Awaits all open jobs at this engine, which replaces the one before. */
  async at(engine: Engine): Promise<void> {
    this.#ends = engine.awaitEnds(this.#news.wake);
    await this.#ends.add([...this.#open]);
  }

  async submitted(id: JobId): Promise<void> {
    this.#open.add(id);
    await this.#ends?.add([id]);
  }

  /** Reads what is reported at present. */
  async read(engine: Engine): Promise<void> {
    while (this.#ends?.mayHaveNews) {
      const { jobs, missing } = await this.#ends.read();
      expect(missing).toEqual([]);
      for (const { id } of jobs) expect(this.#open.delete(id)).toBe(true);
      const ids = jobs.map(({ id }) => id);
      expect(jobs).toEqual(await engine.getJobs(ids, "noPayload"));
    }
  }

  /** Reads until every job has been reported. All must have ended. */
  async all(engine: Engine): Promise<void> {
    await this.read(engine);
    while (this.#open.size > 0) {
      await this.#news.wait();
      await this.read(engine);
    }
    expect(this.#ends?.size).toBe(0);
  }
}
