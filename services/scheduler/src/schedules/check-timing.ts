import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ScheduleSpec } from "@millrace/proto/schedule";
import { type FieldViolation, rpcError } from "@millrace/runtime";
import { nextTimes, timesOf } from "./timing.ts";

/** How many due times are looked at to find the smallest time between two of them. */
const LOOKED_AT = 20;
/** A cron expression with less between two due times is accepted with a warning. */
const OFTEN_MS = 10_000;

const NICKNAMES = /^@(hourly|daily|midnight|weekly|monthly|yearly|annually)$/;

/**
 * Checks what the contract's rules cannot: the cron expression, its zone, and the jitter. Throws MALFORMED with the field.
 * Returns warnings for people.
 */
export function checkTiming(spec: ScheduleSpec, nowMs: number): readonly string[] {
  const wrong = zoneProblem(spec) ?? cronProblem(spec, nowMs) ?? jitterProblem(spec, nowMs);
  if (wrong !== undefined) {
    throw rpcError({
      reason: "MALFORMED",
      message: `${wrong.field}: ${wrong.description}`,
      violations: [wrong],
    });
  }
  const { timing } = spec;
  const leastMs = leastBetween(spec, nowMs);
  if (timing.case !== "cron" || leastMs >= OFTEN_MS) return [];
  return [
    `cron: ${JSON.stringify(timing.value)} is due every ${leastMs / 1_000} s. The first of six fields is the second: leave it out if you mean minutes`,
  ];
}

function zoneProblem({ timing, timeZone }: ScheduleSpec): FieldViolation | undefined {
  if (timeZone === "") return undefined;
  const field = "time_zone";
  if (timing.case === "interval") {
    return { field, description: "must be left out: an interval has no time zone" };
  }
  // Offsets such as +02:00 are zones for JavaScript, but they know no summer time.
  if (/^[A-Za-z]/.test(timeZone) && isZone(timeZone)) return undefined;
  const description = `${JSON.stringify(timeZone)} is not an IANA time zone: use a name such as "Europe/Berlin" or "UTC"`;
  return { field, description };
}

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

function cronProblem(spec: ScheduleSpec, nowMs: number): FieldViolation | undefined {
  const { timing } = spec;
  if (timing.case !== "cron") return undefined;
  const wrong = (description: string) => ({ field: "cron", description });
  const text = timing.value.trim();
  const fields = text.split(/\s+/).length;
  if (text.startsWith("@") ? !NICKNAMES.test(text) : fields !== 5 && fields !== 6) {
    return wrong(
      `${JSON.stringify(text)} must have 5 fields (minute, hour, day of the month, month, day of the week), or 6 that begin with the second`,
    );
  }
  // It would stand for the time at which a scheduler compiles the expression.
  if (text.includes("?")) return wrong('"?" is not supported: use "*"');
  try {
    if (timesOf(spec, nowMs).next(nowMs) !== undefined) return undefined;
  } catch (error) {
    const reason = (error as Error).message.replace(/^Cron\w+: /, "");
    return wrong(`${JSON.stringify(text)} is not a cron expression: ${reason}`);
  }
  return wrong(
    `${JSON.stringify(text)} is never due: no date matches it, as for the 30th of February`,
  );
}

function jitterProblem(spec: ScheduleSpec, nowMs: number): FieldViolation | undefined {
  const jitterMs = spec.jitter === undefined ? 0 : durationMs(spec.jitter);
  if (jitterMs === 0) return undefined;
  const leastMs = leastBetween(spec, nowMs);
  if (jitterMs <= leastMs) return undefined;
  const description = `must not be longer than the time between two due times, which may be ${leastMs / 1_000} s`;
  return { field: "jitter", description };
}

/** The smallest time between two of the next due times. */
function leastBetween(spec: ScheduleSpec, nowMs: number): number {
  const found = nextTimes(timesOf(spec, nowMs), nowMs, LOOKED_AT);
  return found.reduce(
    (least, at, index) => (index === 0 ? least : Math.min(least, at - (found[index - 1] ?? at))),
    Number.POSITIVE_INFINITY,
  );
}
