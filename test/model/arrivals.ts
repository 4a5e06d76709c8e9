import type { JobSpec } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";

/**
 * Jobs that wait for their first attempt, by lane and priority, in the order in which they came. Those
 * that wait for a time first come later than they were submitted: they are left out.
 */
export class Arrivals {
  readonly #waiting = new Map<string, JobId[]>();

  came({ id, type, priority, pool, runAtMs, deduplication }: JobSpec): void {
    if (runAtMs !== undefined || deduplication !== undefined) return;
    // A lane is one key's jobs of a band, pool and type, and a priority lies in one band.
    const name = [id.split("~")[1], priority, pool, type].join("|");
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, [id]);
    else waiting.push(id);
  }

  /** Its turn came: then that of all that came before has. */
  leased(id: JobId): void {
    for (const waiting of this.#waiting.values()) {
      const at = waiting.indexOf(id);
      if (at === -1) continue;
      expect(waiting.slice(0, at), `came before ${id}, and still wait`).toEqual([]);
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
