import { type DescField, type DescMessage, getOption, ScalarType } from "@bufbuild/protobuf";
import {
  type FieldRules,
  field as fieldRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { durationPattern } from "@millrace/shared";
import { wordOf } from "../src/read-fields.ts";

type Schema = Readonly<Record<string, unknown>>;

const DURATION = "google.protobuf.Duration";

/**
 * Returns the JSON Schema (draft 7) of a message, with the contract's rules. Editors use it to check the
 * configuration file. A rule or type that this code does not support is an error, so that no rule is silently
 * left out. JSON Schema cannot express rules between fields.
 */
export const jsonSchemaOf = (message: DescMessage): Schema => ({
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Millrace configuration",
  ...messageSchema(message),
});

function messageSchema(message: DescMessage): Schema {
  const required = message.fields.filter(isRequired).map(({ name }) => name);
  return {
    ...describe(commentOf(message)),
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(message.fields.map((field) => [field.name, fieldSchema(field)])),
    ...(required.length === 0 ? {} : { required }),
  };
}

function fieldSchema(field: DescField): Schema {
  const about = describe(commentOf(field));
  const rules = getOption(field, fieldRules);
  if (field.fieldKind === "list") {
    const { minItems, maxItems, unique, items, ...unknown } = ruleOf(rules, "repeated");
    assertNone(field, unknown);
    const item =
      field.listKind === "message"
        ? messageSchema(field.message)
        : scalarSchema(field, field.scalar, items as FieldRules | undefined);
    const counts = { minItems: numberOf(minItems), maxItems: numberOf(maxItems) };
    const listRules = given({ ...counts, uniqueItems: unique });
    return { ...about, type: "array", ...listRules, items: item };
  }
  if (field.fieldKind === "enum") {
    const words = field.enum.values.filter(({ number }) => number !== 0);
    return { ...about, enum: words.map(({ name }) => wordOf(field.enum, name)) };
  }
  if (field.fieldKind === "map") return { ...mapSchema(field, rules), ...about };
  if (field.fieldKind !== "message")
    return { ...scalarSchema(field, field.scalar, rules), ...about };
  switch (field.message.typeName) {
    case DURATION:
      return { ...about, type: "string", pattern: durationPattern };
    case "google.protobuf.Struct":
      return { ...about, type: "object" };
    case "google.protobuf.Timestamp":
      return { ...about, type: "string" };
    default:
      return { ...messageSchema(field.message), ...about };
  }
}

/** A mapping of texts. */
function mapSchema(field: DescField, rules: FieldRules | undefined): Schema {
  const { maxPairs, keys, values, ...unknown } = ruleOf(rules, "map");
  assertNone(field, unknown);
  const text = (of: unknown) =>
    scalarSchema(field, ScalarType.STRING, of as FieldRules | undefined);
  return {
    ...{ type: "object", propertyNames: text(keys), additionalProperties: text(values) },
    ...given({ maxProperties: numberOf(maxPairs) }),
  };
}

function scalarSchema(
  field: DescField,
  scalar: ScalarType | undefined,
  rules: FieldRules | undefined,
): Schema {
  switch (scalar) {
    case ScalarType.STRING: {
      // JSON Schema counts characters, so the parser alone checks a bound on bytes.
      const { pattern, minLen, maxLen, maxBytes: _, ...unknown } = ruleOf(rules, "string");
      assertNone(field, unknown);
      const lengths = { minLength: numberOf(minLen), maxLength: numberOf(maxLen) };
      return { type: "string", ...given({ pattern, ...lengths }) };
    }
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.UINT32:
    case ScalarType.UINT64:
      return { type: "integer", minimum: 0, ...boundsOf(field, rules) };
    case ScalarType.DOUBLE:
      return { type: "number", ...boundsOf(field, rules) };
    default:
      throw new Error(`${field}: this type is not supported in the schema yet`);
  }
}

function boundsOf(field: DescField, rules: FieldRules | undefined): Schema {
  const kind = rules?.type.case ?? "uint32";
  const { greaterThan, lessThan, finite: _, ...unknown } = ruleOf(rules, kind);
  assertNone(field, unknown);
  const boundOf = (bound: unknown, name: string) => {
    const { case: comparison, value } = (bound ?? {}) as { case?: string; value?: unknown };
    if (comparison !== undefined && comparison !== name)
      throw new Error(`${field}: the bound ${comparison} is not supported in the schema yet`);
    return numberOf(value);
  };
  return given({ minimum: boundOf(greaterThan, "gte"), maximum: boundOf(lessThan, "lte") });
}

/** Returns the rules of one kind that are set, by name. */
function ruleOf(rules: FieldRules | undefined, kind: string): Readonly<Record<string, unknown>> {
  if (rules === undefined || rules.type.case === undefined) return {};
  if (rules.type.case !== kind)
    throw new Error(`expected rules of ${kind}, found rules of ${rules.type.case}`);
  const { $typeName: _, $unknown: __, ...set } = rules.type.value;
  return Object.fromEntries(Object.entries(set).filter(([, value]) => isSet(value)));
}

/** A rule that is not set has proto's default value. */
const isSet = (value: unknown): boolean =>
  ![undefined, "", 0, 0n, false].includes(value as never) &&
  !(Array.isArray(value) && value.length === 0) &&
  !(typeof value === "object" && value !== null && "case" in value && value.case === undefined);

function assertNone(field: DescField, unknown: Readonly<Record<string, unknown>>): void {
  const [name] = Object.keys(unknown);
  if (name !== undefined)
    throw new Error(`${field}: the rule ${name} is not supported in the schema yet`);
}

/** A field is required if the contract says so, or if it may not be empty. */
function isRequired(field: DescField): boolean {
  const rules = getOption(field, fieldRules);
  if (field.presence !== IMPLICIT && rules.required) return true;
  if (field.fieldKind === "list") return ruleOf(rules, "repeated").minItems !== undefined;
  if (field.fieldKind !== "scalar" || field.scalar !== ScalarType.STRING) return false;
  if (field.presence !== IMPLICIT) return false;
  const { pattern, minLen } = ruleOf(rules, "string");
  return minLen !== undefined || (pattern !== undefined && !new RegExp(String(pattern)).test(""));
}

/** The value of `DescField.presence` for a field whose absence and empty value mean the same. */
const IMPLICIT = 2;

const numberOf = (value: unknown): number | undefined =>
  value === undefined ? undefined : Number(value);

const given = (fields: Schema): Schema =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const describe = (description: string): Schema => (description === "" ? {} : { description });

/** The numbers of `messages` in a file and `fields` in a message, as source positions use them. */
const [MESSAGE_TYPE, FIELD] = [4, 2];

/** Returns the comment before a message of a file or one of its fields. Empty if the descriptors hold none. */
function commentOf(desc: DescMessage | DescField): string {
  const message = desc.kind === "message" ? desc : desc.parent;
  const path = [MESSAGE_TYPE, message.file.proto.messageType.indexOf(message.proto)];
  if (desc.kind === "field") path.push(FIELD, message.proto.field.indexOf(desc.proto));
  const location = message.file.proto.sourceCodeInfo?.location.find(
    (one) =>
      one.path.length === path.length && one.path.every((step, index) => step === path[index]),
  );
  return (location?.leadingComments ?? "").replaceAll(/\s+/g, " ").trim();
}
