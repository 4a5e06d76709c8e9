import { NonRetryableError } from "@millrace/worker-sdk";
import { z } from "zod";

/** Parses a payload with a schema. Throws MALFORMED with each wrong field. */
export function parsePayload<Schema extends z.ZodType>(schema: Schema, payload: unknown) {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new NonRetryableError(
    "MALFORMED",
    `The payload is wrong: ${z.prettifyError(parsed.error)}`,
  );
}
