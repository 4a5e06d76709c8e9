import type { JobSpec } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";

/**
 * Jobs that wait for their first attempt, by lane and priority, in the order of arrival. Jobs that were scheduled
 * for a time arrive later than they were submitted, so they are left out.
 */
export class Arrivals {
  readonly #waiting = new Map<string, JobId[]>();

  came({ id, type, priority, pool, model, runAtMs, deduplication }: JobSpec): void {
    if (runAtMs !== undefined || deduplication !== undefined) return;
    // A lane holds one key's jobs of a band, pool or model, and type, and a priority belongs to one band.
    const name = [id.split("~")[1], priority, pool, model, type].join("|");
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, [id]);
    else waiting.push(id);
  }

  /** The job was leased, so all jobs that arrived before it must have been leased. */
  leased(id: JobId): void {
    for (const waiting of this.#waiting.values()) {
      const index = waiting.indexOf(id);
      if (index === -1) continue;
      expect(waiting.slice(0, index), `jobs that arrived before ${id} and still wait`).toEqual([]);
    }
    this.left(id);
  }

  left(id: JobId): void {
    for (const [name, waiting] of this.#waiting) {
      if (waiting.includes(id)) {
        this.#waiting.set(
          name,
          waiting.filter((one) => one !== id),
        );
      }
    }
  }
}
