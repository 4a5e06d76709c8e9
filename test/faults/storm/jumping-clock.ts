/**
 * Is loaded into a service before the service's own code. Each SIGUSR2 sets the service's clock: an hour ahead,
 * right again, an hour behind, right again, and so on.
 */
const HOUR_MS = 3_600_000;
const offsetsMs = [HOUR_MS, 0, -HOUR_MS, 0];

const TrueDate = Date;
let jumps = 0;
let offsetMs = 0;

class JumpingDate extends TrueDate {
  constructor(...parts: readonly unknown[]) {
    super(...((parts.length === 0 ? [JumpingDate.now()] : parts) as [number]));
  }

  static override now(): number {
    return TrueDate.now() + offsetMs;
  }
}
globalThis.Date = JumpingDate as DateConstructor;

process.on("SIGUSR2", () => {
  offsetMs = offsetsMs[jumps % offsetsMs.length] ?? 0;
  jumps += 1;
});
