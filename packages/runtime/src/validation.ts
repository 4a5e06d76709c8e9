import { create, type DescMessage, type DescService, type MessageShape } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import { inWords } from "@millrace/shared";
import { type FieldViolation, rpcError } from "./rpc-fault.ts";

/**
 * The patterns are those of our own contract, and none of them can backtrack far: so the platform's
 * expressions do, at a tenth of what the library's RE2 takes.
 */
const patterns = new Map<string, RegExp>();
const validator = createValidator({
  regexMatch(pattern, text) {
    const expression = patterns.get(pattern) ?? new RegExp(pattern, "u");
    patterns.set(pattern, expression);
    return expression.test(text);
  },
});

/** A request with a thousand things wrong does not deserve trailers of a megabyte. */
const MAX_VIOLATIONS = 32;

/** What the proto's rules find wrong with a message, none if nothing. Throws only on a broken rule. */
export function violationsOf<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): FieldViolation[] {
  const result = validator.validate(schema, message);
  if (result.kind === "error") throw result.error;
  if (result.kind === "valid") return [];
  return result.violations.slice(0, MAX_VIOLATIONS).map((violation) => ({
    field: pathToString(violation.field),
    description: inWords(violation.message),
  }));
}

/** Throws MALFORMED, with every violation, unless the message keeps the proto's rules. */
export function assertValid<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): void {
  const violations = violationsOf(schema, message);
  if (violations.length === 0) return;
  const summary = violations.map(({ field, description }) => `${field}: ${description}`);
  throw rpcError({ reason: "MALFORMED", message: summary.slice(0, 3).join("; "), violations });
}

/** Compiles the rules of every request of a service: the first use of a rule costs over 100 ms. */
export function warmValidation(desc: DescService): void {
  for (const method of desc.methods) violationsOf(method.input, create(method.input));
}
