import type { Engine } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";

/** Records the output of each job by offset. Output never changes and has no gaps. */
export class Outputs {
  readonly #seen = new Map<JobId, readonly string[]>();

  async read(engine: Engine, id: JobId): Promise<void> {
    const output = await engine.readOutput(id, 0, 10_000, 10_000_000);
    expect(output.kind).toBe("chunks");
    if (output.kind !== "chunks") return;
    expect(output.chunks.map(({ offset }) => offset)).toEqual(
      output.chunks.map((_, index) => index),
    );
    const now = output.chunks.map(({ attempt, kind, body }) => `${attempt} ${kind} ${body}`);
    const seen = this.#seen.get(id) ?? [];
    expect(now.slice(0, seen.length), `output of ${id} that was read before`).toEqual(seen);
    this.#seen.set(id, now);
  }
}
