import { NonRetryableError } from "@millrace/worker-sdk";
import { z } from "zod";

/** The payload as the schema describes it; else a MALFORMED that names each wrong field. */
export function parsePayload<Schema extends z.ZodType>(schema: Schema, payload: unknown) {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new NonRetryableError(
    "MALFORMED",
    `The payload is wrong: ${z.prettifyError(parsed.error)}`,
  );
}
