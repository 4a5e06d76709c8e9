import { issueWords, MAX_VIOLATIONS, rpcError } from "@millrace/runtime";
import { z } from "zod";

/** The JSON Schema of a parameter that takes several of these names, in lower case and separated by commas. */
export const listOf = (names: readonly string[]) => ({
  type: "array" as const,
  minItems: 1,
  items: { type: "string" as const, enum: names.map((name) => name.toLowerCase()) },
});

/**
 * Reads typed values from a query. Throws MALFORMED, with a violation for each wrong parameter. The schema gets text for a
 * parameter that occurs once, and a list for one that occurs several times. Unknown parameters are refused.
 */
export function readQuery<Shape extends z.core.$ZodLooseShape>(
  query: URLSearchParams,
  shape: Shape,
) {
  const values = [...new Set(query.keys())].map((name) => {
    const all = query.getAll(name);
    return [name, all.length === 1 ? all[0] : all] as const;
  });
  const result = z.strictObject(shape).safeParse(Object.fromEntries(values), { error: issueWords });
  if (result.success) return result.data;
  const violations = result.error.issues.flatMap((issue) => {
    const { message: description } = issue;
    if (issue.code !== "unrecognized_keys") return [{ field: issue.path.join("."), description }];
    return issue.keys.map((field) => ({ field, description: "is no parameter of this call" }));
  });
  // A query of 16 KiB may hold thousands of violations.
  violations.splice(MAX_VIOLATIONS);
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  throw rpcError({ reason: "MALFORMED", message, violations });
}
