import { z } from "zod";

/**
 * The schemas' library describes faults for programmers. These are the same faults in the words of our messages, which go
 * into a sentence after the field's name. Schemas may have words of their own, which take precedence.
 */
export const issueWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      return wrongType(issue.expected, issue.input);
    case "invalid_value":
      return `must be ${oneOf(issue.values.map(String))}`;
    case "unrecognized_keys":
      return "is not known here";
    case "too_small":
      return `must be ${issue.inclusive === false ? "more than" : "at least"} ${size(issue.minimum, issue.origin)}`;
    case "too_big":
      return `must be ${issue.inclusive === false ? "less than" : "at most"} ${size(issue.maximum, issue.origin)}`;
    case "invalid_format":
      return issue.format === "url" ? "must be a URL, such as https://example.com/v1" : undefined;
    case "invalid_union":
      return "has none of the forms that it may have";
    default:
      return undefined;
  }
};

const names: Readonly<Partial<Record<string, string>>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function wrongType(expected: string, input: unknown): string {
  if (input === undefined) return "is required";
  if (expected === "string" && Array.isArray(input)) return "must be given only once";
  return `must be ${names[expected] ?? `of type ${expected}`}`;
}

const oneOf = (values: readonly string[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.join(", ")}`;

const unitOf: Readonly<Partial<Record<string, string>>> = {
  string: " characters long",
  array: " items long",
};

const size = (bound: number | bigint, origin: string): string => `${bound}${unitOf[origin] ?? ""}`;

/** A whole number in digits, without a unit, in a text such as a variable of the environment. Its JSON Schema is that of the number. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER) {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  const bounds = most === Number.MAX_SAFE_INTEGER ? {} : { maximum: most };
  const read = z.string().transform((text, context) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text.trim()) && value >= least && value <= most) return value;
    const message = `must be a whole number ${range}, in digits without a unit`;
    context.addIssue({ code: "invalid_type", expected: "number", input: text, message });
    return z.NEVER;
  });
  return read.meta({ type: "integer", minimum: least, ...bounds });
}
