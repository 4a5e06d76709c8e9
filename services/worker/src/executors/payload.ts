import { issueWords } from "@millrace/runtime";
import { NonRetryableError } from "@millrace/worker-sdk";
import { z } from "zod";

/** Parses a payload with a schema. Throws MALFORMED with each wrong field. */
export function parsePayload<Schema extends z.ZodType>(schema: Schema, payload: unknown) {
  const parsed = schema.safeParse(payload, { error: issueWords });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap(({ path, message, ...issue }) =>
    (issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path]).map(
      (field) => `${z.core.toDotPath(field) || "payload"}: ${message}`,
    ),
  );
  throw new NonRetryableError("MALFORMED", `The payload is wrong: ${faults.join("; ")}`);
}
