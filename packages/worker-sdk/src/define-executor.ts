import { jsonText, limits } from "@millrace/shared";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AttemptContext, Executor } from "./executor.ts";
import { NonRetryableError } from "./job-failure.ts";

/** What is wrong with one value of a payload. `field` is a path such as `payload.items[0].name`. */
export interface PayloadViolation {
  readonly field: string;
  readonly description: string;
}

/** The violations that a message names. The details have more of them. */
const NAMED = 5;
/** What the details have besides violations. */
const FRAME_BYTES = Buffer.byteLength('{"violations":[]}');

/**
 * Makes an executor that checks the payload of each attempt with a validator before it calls `run`. The validator is a
 * schema of any library that implements Standard Schema, such as Zod, Valibot or ArkType, and `context.payload` is what it
 * returns. A payload that it refuses fails the job with the reason MALFORMED, without another attempt. The failure's
 * `details.violations` are PayloadViolations.
 */
export function defineExecutor<Payload, Result, Input = unknown>(
  payload: StandardSchemaV1<Input, Payload>,
  run: (context: AttemptContext<Payload>) => Promise<Result>,
): Executor<unknown, Result> {
  return async (context) => {
    const checked = await payload["~standard"].validate(context.payload);
    if (checked.issues !== undefined) throw malformed(checked.issues.map(violationOf));
    return run({ ...context, payload: checked.value });
  };
}

function violationOf({ message, path = [] }: StandardSchemaV1.Issue): PayloadViolation {
  let field = "payload";
  for (const segment of path) {
    const key = typeof segment === "object" ? segment.key : segment;
    field += typeof key === "number" ? `[${key}]` : `.${String(key)}`;
  }
  return { field, description: message };
}

function malformed(violations: readonly PayloadViolation[]): NonRetryableError {
  const named = violations
    .slice(0, NAMED)
    .map(({ field, description }) => `${field}: ${description}`)
    .join("; ");
  const more = violations.length > NAMED ? `; and ${violations.length - NAMED} more` : "";
  const message = `The payload is not what the executor takes: ${named}${more}.`;
  return new NonRetryableError("MALFORMED", message, {
    details: { violations: fitting(violations) },
  });
}

/** The first violations that fit into the details of a failure. Larger details would be left out as a whole. */
function fitting(violations: readonly PayloadViolation[]): PayloadViolation[] {
  let bytes = FRAME_BYTES;
  const first = violations.findIndex((violation) => {
    bytes += Buffer.byteLength(jsonText(violation) ?? "") + 1;
    return bytes > limits.failureDetailsBytes;
  });
  return violations.slice(0, first < 0 ? undefined : first);
}
