import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  ScalarType,
} from "@bufbuild/protobuf";
import {
  type FieldRules,
  oneof as oneofRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { commentOf } from "./contract.ts";
import { isRequired, listRules, mapRules, numberRules, rulesOf, textRules } from "./field-rules.ts";
import { given, type JsonSchema, reference } from "./json-schema.ts";
import { embedded, jobsOfGroups, optionalInAnswers } from "./plain-json.ts";
import { answer, request, type Use } from "./use.ts";

/** The schemas of messages and enums in proto3 JSON, by name. Each is made when something first refers to it. */
export class MessageSchemas {
  readonly #schemas = new Map<string, JsonSchema>();
  readonly #uses = new Map<string, string>();

  /** Refers to a message's schema. */
  of(message: DescMessage, use: Use): JsonSchema {
    const name = use.name ?? nameOf(message, use);
    const wanted = JSON.stringify([message.typeName, use.kind, use.without, use.optional]);
    const known = this.#uses.get(name);
    if (known !== undefined && known !== wanted)
      throw new Error(`two schemas would be named ${name}: ${known} and ${wanted}`);
    if (known === undefined) {
      this.#uses.set(name, wanted);
      this.#schemas.set(name, this.#message(message, use));
    }
    return reference(name);
  }

  /** Adds a schema that is not a message. */
  add(name: string, schema: JsonSchema): void {
    this.#schemas.set(name, schema);
  }

  all(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The schema of one field, without its comment. */
  field(field: DescField, use: Use): JsonSchema {
    const rules = use.kind === "answer" ? undefined : rulesOf(field);
    switch (field.fieldKind) {
      case "list": {
        const { list, items } = listRules(rules);
        return { type: "array", ...list, items: this.#item(field, items, use) };
      }
      case "map": {
        const { map, keys, values } = mapRules(rules);
        return {
          type: "object",
          ...map,
          ...given({ propertyNames: keys && { type: "string", ...textRules(keys) } }),
          additionalProperties: scalar(field, field.scalar, values, use),
        };
      }
      default:
        return this.#item(field, rules, use);
    }
  }

  #item(field: DescField, rules: FieldRules | undefined, use: Use): JsonSchema {
    if (field.enum !== undefined) return this.#enum(field.enum);
    if (field.message === undefined) return scalar(field, field.scalar, rules, use);
    const form = wellKnown[field.message.typeName];
    if (form !== undefined) return form;
    const inner = jobsOfGroups[`${field.parent.typeName}.${field.name}`];
    if (inner !== undefined && use.kind !== "answer") return this.of(field.message, inner);
    return this.of(field.message, use.kind === "answer" ? answer : request);
  }

  #enum(desc: DescEnum): JsonSchema {
    const meanings = desc.values.map((value) => `${value.name}: ${commentOf(value)}`);
    this.#schemas.set(desc.name, {
      description: [commentOf(desc), ...meanings].join("\n"),
      type: "string",
      enum: desc.values.map(({ name }) => name),
    });
    return reference(desc.name);
  }

  #message(message: DescMessage, use: Use): JsonSchema {
    const fields = message.fields.filter(({ name }) => use.without?.includes(name) !== true);
    const isAnswer = use.kind === "answer";
    const required = fields.filter((field) =>
      isAnswer
        ? isAlwaysThere(field) && embedded(field) === undefined
        : use.kind === "request" &&
          isRequired(field) &&
          use.optional?.includes(field.name) !== true,
    );
    const properties = fields.flatMap((field): [string, JsonSchema][] => {
      const described = (schema: JsonSchema, about: DescField | DescOneof = field) => {
        const nullable = isAnswer || required.includes(field) || field.oneof !== undefined;
        return {
          ...given({ description: commentOf(about) }),
          ...(nullable ? schema : orNull(schema)),
        };
      };
      const json = embedded(field);
      const own: [string, JsonSchema] = [field.jsonName, described(this.field(field, use))];
      if (json === undefined) return [own];
      const plain: [string, JsonSchema] = [
        json.name,
        described(isAnswer ? json.answer : json.request, field.oneof),
      ];
      return isAnswer ? [plain] : [plain, own];
    });
    const exclusive = message.oneofs.flatMap((oneof) => (isAnswer ? [] : exclusions(oneof, use)));
    return {
      ...given({ description: commentOf(message) }),
      type: "object",
      properties: Object.fromEntries(properties),
      ...given({ required: required.map(({ jsonName }) => jsonName) }),
      ...(isAnswer ? {} : { additionalProperties: false }),
      ...(exclusive.length === 0 ? {} : { not: { anyOf: exclusive } }),
    };
  }
}

function nameOf({ name }: DescMessage, { kind }: Use): string {
  if (kind === "answer") return name;
  if (kind === "changes") return `${name}Changes`;
  return name.endsWith("Request") ? name : `${name}Input`;
}

/** Proto3 JSON takes null for a field that is left out. */
const orNull = (schema: JsonSchema): JsonSchema =>
  typeof schema.type === "string"
    ? { ...schema, type: [schema.type, "null"] }
    : { anyOf: [schema, { type: "null" }] };

/** Answers have the fields that hold their default. */
const isAlwaysThere = (field: DescField): boolean =>
  field.oneof === undefined &&
  !field.proto.proto3Optional &&
  field.fieldKind !== "message" &&
  !optionalInAnswers.has(field.parent.typeName);

/**
 * What a message may not be: at most one member of a oneof may be given, and exactly one if it is required. Generators of
 * clients pass over `not`. Of `oneOf` they make types that no value has.
 */
function exclusions(oneof: DescOneof, { kind }: Use): JsonSchema[] {
  const names = oneof.fields.flatMap((field) => {
    const json = embedded(field);
    return json === undefined ? [field.jsonName] : [json.name, field.jsonName];
  });
  const pairs = names.flatMap((one, index) =>
    names.slice(index + 1).map((other) => ({ required: [one, other] })),
  );
  if (!getOption(oneof, oneofRules).required || kind !== "request") return pairs;
  return [...pairs, { not: { anyOf: names.map((name) => ({ required: [name] })) } }];
}

function scalar(
  field: DescField,
  type: ScalarType | undefined,
  rules: FieldRules | undefined,
  { kind }: Use,
): JsonSchema {
  switch (type) {
    case ScalarType.STRING:
      return { type: "string", ...textRules(rules) };
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.UINT32:
      return { type: "integer", minimum: 0, maximum: 2 ** 32 - 1, ...numberRules(rules) };
    case ScalarType.UINT64:
      return { type: "string", pattern: "^[0-9]{1,20}$" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    default:
      throw new Error(`${field}: this type has no form in ${kind}s of the OpenAPI document yet`);
  }
}

const wellKnown: Readonly<Partial<Record<string, JsonSchema>>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^[0-9]{1,12}(\\.[0-9]{1,9})?s$" },
  "google.protobuf.Struct": { type: "object", additionalProperties: true },
  // The error of one item is written like that of a whole call.
  "google.rpc.Status": reference("Problem"),
};
