import { setting, wholeNumber } from "@millrace/runtime";
import { z } from "zod";

/** How spend is counted. The engine's SpendSettings have the same bounds. */
export const spendSettings = {
  spendLabels: setting(
    "MILLRACE_SPEND_LABELS",
    z
      .string()
      .default("")
      .transform((text) => text.split(",").filter((name) => name !== ""))
      .pipe(
        z
          .array(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,62}$/, "must be names of labels"))
          .max(4, "must be at most 4 labels")
          .refine((names) => new Set(names).size === names.length, "must not repeat a label"),
      ),
    "Labels of jobs by which spend is counted, separated by commas; at most 4.",
  ),
  spendDays: setting(
    "MILLRACE_SPEND_DAYS",
    wholeNumber(1, 3_650).default(400),
    "How many days the spend of each day is kept.",
  ),
};
