import { type DescField, getOption } from "@bufbuild/protobuf";
import {
  type FieldRules,
  field as fieldRules,
  Ignore,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { given, type JsonSchema } from "./json-schema.ts";

/** The rules of a field that a request must keep. Those that are checked separately for each item are not among them. */
export function rulesOf(field: DescField): FieldRules | undefined {
  const rules = getOption(field, fieldRules);
  return rules.ignore === Ignore.ALWAYS ? undefined : rules;
}

/** Returns the rules of one kind that are set, by name. */
function set(rules: FieldRules | undefined, kind: string): Readonly<Record<string, unknown>> {
  if (rules?.type.case === undefined) return {};
  if (rules.type.case !== kind)
    throw new Error(`expected rules of ${kind}, found rules of ${rules.type.case}`);
  const { $typeName: _, $unknown: __, ...members } = rules.type.value;
  return Object.fromEntries(Object.entries(members).filter(([, value]) => isSet(value)));
}

/** A rule that is not set has proto's default value. */
const isSet = (value: unknown): boolean =>
  ![undefined, "", 0n, false].includes(value as never) &&
  !(Array.isArray(value) && value.length === 0) &&
  !(typeof value === "object" && value !== null && "case" in value && value.case === undefined);

/** A rule that this code does not know is an error, so that no rule is silently left out. */
function assertNone(unknown: Readonly<Record<string, unknown>>): void {
  const [name] = Object.keys(unknown);
  if (name !== undefined)
    throw new Error(
      `the rule ${name} has no form in the OpenAPI document yet: add it to this file`,
    );
}

const numberOf = (value: unknown): number | undefined =>
  value === undefined ? undefined : Number(value);

/** A text has at most as many characters as bytes, so a bound on bytes bounds its characters too. */
export function textRules(rules: FieldRules | undefined): JsonSchema {
  const { pattern, minLen, maxLen, maxBytes, ...unknown } = set(rules, "string");
  assertNone(unknown);
  return given({ pattern, minLength: numberOf(minLen), maxLength: numberOf(maxLen ?? maxBytes) });
}

export function numberRules(rules: FieldRules | undefined): JsonSchema {
  const { greaterThan, lessThan, ...unknown } = set(rules, rules?.type.case ?? "uint32");
  assertNone(unknown);
  return given({ minimum: bound(greaterThan, "gte"), maximum: bound(lessThan, "lte") });
}

function bound(rule: unknown, name: string): number | undefined {
  const { case: comparison, value } = (rule ?? {}) as { case?: string; value?: unknown };
  if (comparison !== undefined && comparison !== name)
    throw new Error(`the bound ${comparison} has no form in the OpenAPI document yet`);
  return numberOf(value);
}

export function listRules(rules: FieldRules | undefined) {
  const { minItems, maxItems, unique, items, ...unknown } = set(rules, "repeated");
  assertNone(unknown);
  return {
    list: given({
      minItems: numberOf(minItems),
      maxItems: numberOf(maxItems),
      uniqueItems: unique,
    }),
    items: items as FieldRules | undefined,
  };
}

export function mapRules(rules: FieldRules | undefined) {
  const { maxPairs, keys, values, ...unknown } = set(rules, "map");
  assertNone(unknown);
  return {
    map: given({ maxProperties: numberOf(maxPairs) }),
    keys: keys as FieldRules | undefined,
    values: values as FieldRules | undefined,
  };
}

/** Whether a request must have the field: it is required, or its empty value breaks a rule. */
export function isRequired(field: DescField): boolean {
  const rules = rulesOf(field);
  if (rules === undefined || field.oneof !== undefined) return false;
  if (rules.required) return true;
  if (field.fieldKind === "list") return Number(listRules(rules).list.minItems ?? 0) > 0;
  if (rules.type.case !== "string" || field.proto.proto3Optional) return false;
  const { pattern, minLength } = textRules(rules);
  return (
    Number(minLength ?? 0) > 0 || (pattern !== undefined && !new RegExp(String(pattern)).test(""))
  );
}
