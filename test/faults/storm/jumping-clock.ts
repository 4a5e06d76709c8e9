/** Imported into a service before its own code: each SIGUSR2 takes its wall clock on by an hour, back to the truth, back by an hour, and so on. */
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
