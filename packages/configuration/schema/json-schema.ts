import { type DescField, type DescMessage, getOption, ScalarType } from "@bufbuild/protobuf";
import {
  type FieldRules,
  field as fieldRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { durationPattern } from "@millrace/shared";

type Schema = Readonly<Record<string, unknown>>;

const DURATION = "google.protobuf.Duration";

/**
 * What editors know of the configuration file: the JSON Schema (draft 7) of a message with the
 * contract's rules. A rule that it does not know is thrown, so that none is left out unseen; rules
 * between fields are beyond JSON Schema.
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
    const { maxItems, items, ...unknown } = ruleOf(rules, "repeated");
    assertNone(field, unknown);
    const item =
      field.listKind === "message"
        ? messageSchema(field.message)
        : scalarSchema(field, field.scalar, items as FieldRules | undefined);
    return { ...about, type: "array", ...given({ maxItems: numberOf(maxItems) }), items: item };
  }
  if (field.fieldKind !== "message")
    return { ...scalarSchema(field, field.scalar, rules), ...about };
  if (field.message.typeName !== DURATION) return { ...messageSchema(field.message), ...about };
  return { ...about, type: "string", pattern: durationPattern };
}

function scalarSchema(
  field: DescField,
  scalar: ScalarType | undefined,
  rules: FieldRules | undefined,
): Schema {
  switch (scalar) {
    case ScalarType.STRING: {
      const { pattern, minLen, maxLen, ...unknown } = ruleOf(rules, "string");
      assertNone(field, unknown);
      const lengths = { minLength: numberOf(minLen), maxLength: numberOf(maxLen) };
      return { type: "string", ...given({ pattern, ...lengths }) };
    }
    case ScalarType.UINT32:
    case ScalarType.UINT64:
      return { type: "integer", minimum: 0, ...boundsOf(field, rules) };
    case ScalarType.DOUBLE:
      return { type: "number", ...boundsOf(field, rules) };
    default:
      throw new Error(`${field}: no schema for it so far`);
  }
}

function boundsOf(field: DescField, rules: FieldRules | undefined): Schema {
  const kind = rules?.type.case ?? "uint32";
  const { greaterThan, lessThan, finite: _, ...unknown } = ruleOf(rules, kind);
  assertNone(field, unknown);
  const of = (bound: unknown, name: string) => {
    const { case: is, value } = (bound ?? {}) as { case?: string; value?: unknown };
    if (is !== undefined && is !== name) throw new Error(`${field}: no schema for ${is} so far`);
    return numberOf(value);
  };
  return given({ minimum: of(greaterThan, "gte"), maximum: of(lessThan, "lte") });
}

/** The rules of one kind that are set, by name. */
function ruleOf(rules: FieldRules | undefined, kind: string): Readonly<Record<string, unknown>> {
  if (rules === undefined || rules.type.case === undefined) return {};
  if (rules.type.case !== kind)
    throw new Error(`rules of ${rules.type.case} where ${kind} were expected`);
  const { $typeName: _, $unknown: __, ...set } = rules.type.value;
  return Object.fromEntries(Object.entries(set).filter(([, value]) => isSet(value)));
}

/** What is not said has proto's defaults. */
const isSet = (value: unknown): boolean =>
  ![undefined, "", 0, 0n, false].includes(value as never) &&
  !(Array.isArray(value) && value.length === 0) &&
  !(typeof value === "object" && value !== null && "case" in value && value.case === undefined);

function assertNone(field: DescField, unknown: Readonly<Record<string, unknown>>): void {
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new Error(`${field}: no schema for the rule ${name} so far`);
}

/** Text that may not be empty is always asked for. */
function isRequired(field: DescField): boolean {
  if (field.fieldKind !== "scalar" || field.scalar !== ScalarType.STRING) return false;
  if (field.presence !== IMPLICIT) return false;
  const { pattern, minLen } = ruleOf(getOption(field, fieldRules), "string");
  return minLen !== undefined || (pattern !== undefined && !new RegExp(String(pattern)).test(""));
}

/** Of `DescField.presence`: a field that is not there and one that is empty are the same. */
const IMPLICIT = 2;

const numberOf = (value: unknown): number | undefined =>
  value === undefined ? undefined : Number(value);

const given = (fields: Schema): Schema =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const describe = (description: string): Schema => (description === "" ? {} : { description });

/** Numbers of `messages` in a file and `fields` in a message, as source positions name them. */
const [MESSAGE_TYPE, FIELD] = [4, 2];

/** The comment before a message of a file or one of its fields; "" where the descriptors hold none. */
function commentOf(desc: DescMessage | DescField): string {
  const message = desc.kind === "message" ? desc : desc.parent;
  const path = [MESSAGE_TYPE, message.file.proto.messageType.indexOf(message.proto)];
  if (desc.kind === "field") path.push(FIELD, message.proto.field.indexOf(desc.proto));
  const place = message.file.proto.sourceCodeInfo?.location.find(
    (one) => one.path.length === path.length && one.path.every((step, at) => step === path[at]),
  );
  return (place?.leadingComments ?? "").replaceAll(/\s+/g, " ").trim();
}
