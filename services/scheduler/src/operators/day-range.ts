import { rpcError } from "@millrace/runtime";
import { dayAt, dayOf, MOST_DAYS } from "./usage-rows.ts";

/** Days since 1970, first and last. */
export interface DayRange {
  readonly first: number;
  readonly last: number;
}

/** Reads the days that a request names. `prefix` is the path of the fields in it. Throws MALFORMED. */
export function dayRange(
  { firstDay, lastDay }: { readonly firstDay: string; readonly lastDay: string },
  nowMs: number,
  prefix = "",
): DayRange {
  const dayIn = (field: string, text: string) => {
    const day = dayOf(text);
    if (day === undefined) throw malformed(prefix + field, "must be a day such as 2027-01-31");
    return day;
  };
  const last = lastDay === "" ? dayAt(nowMs) : dayIn("last_day", lastDay);
  const first = firstDay === "" ? last : dayIn("first_day", firstDay);
  if (first > last) throw malformed(`${prefix}first_day`, "must not be after last_day");
  if (last - first >= MOST_DAYS) {
    throw malformed(`${prefix}first_day`, `must be less than ${MOST_DAYS} days before last_day`);
  }
  return { first, last };
}

const malformed = (field: string, description: string) =>
  rpcError({
    reason: "MALFORMED",
    message: `${field}: ${description}`,
    violations: [{ field, description }],
  });
