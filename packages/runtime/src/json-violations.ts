import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { type FieldViolation, type RpcFault, rpcError } from "./rpc-fault.ts";
import { MAX_VIOLATIONS } from "./validation.ts";

/** Reads a message in proto3 JSON. Throws MALFORMED with the fields that cannot be read. */
export function messageFromJson<Desc extends DescMessage>(
  desc: Desc,
  json: JsonValue,
): MessageShape<Desc> {
  try {
    return fromJson(desc, json);
  } catch (cause) {
    throw jsonFault(desc, json, cause);
  }
}

/** Says in which fields a JSON value is not a message of `desc`. Call it only for a value that cannot be read. */
function jsonFault(desc: DescMessage, json: JsonValue, cause: unknown): RpcFault {
  const violations = violationsIn(desc, json, "").slice(0, MAX_VIOLATIONS);
  const told = violations.slice(0, 3).map(({ field, description }) => `${field}: ${description}`);
  const message = told.length === 0 ? "the JSON is not a message of this call" : told.join("; ");
  return rpcError({ reason: "MALFORMED", message, violations, cause });
}

const isObject = (value: JsonValue): value is Record<string, JsonValue> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Well-known types have a JSON form of their own, so the fault is in the value as a whole. */
const isPlain = ({ typeName }: DescMessage): boolean => !typeName.startsWith("google.protobuf.");

function violationsIn(desc: DescMessage, json: JsonValue, path: string): FieldViolation[] {
  if (!isObject(json)) {
    return [{ field: path || "body", description: "must be a JSON object" }];
  }
  const found: FieldViolation[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (found.length >= MAX_VIOLATIONS) break;
    const field = desc.fields.find((one) => one.name === name || one.jsonName === name);
    const at = `${path}${path === "" ? "" : "."}${field?.name ?? name.slice(0, 64)}`;
    if (field === undefined) found.push({ field: at, description: "is no field of this message" });
    else if (!isReadable(desc, { [name]: value }))
      found.push(...violationsOfField(field, value, at));
  }
  // Each member can be read alone, so members exclude each other: one field twice, or two of a oneof.
  if (found.length === 0) found.push(...exclusive(desc, json, path));
  return found;
}

function isReadable(desc: DescMessage, json: JsonValue): boolean {
  try {
    fromJson(desc, json);
    return true;
  } catch {
    return false;
  }
}

function violationsOfField(field: DescField, value: JsonValue, path: string): FieldViolation[] {
  if (field.fieldKind === "list") {
    if (!Array.isArray(value)) return [{ field: path, description: "must be a list" }];
    return violationsOfItems(field, value, path);
  }
  if (field.fieldKind === "map") {
    if (!isObject(value)) return [{ field: path, description: "must be a JSON object" }];
    const wrong = Object.entries(value).filter(
      ([key, item]) => !isReadable(field.parent, { [field.name]: { [key]: item } }),
    );
    return wrong.map(([key]) => ({
      field: `${path}[${JSON.stringify(key.slice(0, 64))}]`,
      description: formOf(field),
    }));
  }
  if (field.fieldKind === "message" && isPlain(field.message)) {
    return violationsIn(field.message, value, path);
  }
  return [{ field: path, description: formOf(field) }];
}

function violationsOfItems(field: DescField, items: readonly JsonValue[], path: string) {
  const { message } = field;
  const found: FieldViolation[] = [];
  for (const [index, item] of items.entries()) {
    if (found.length >= MAX_VIOLATIONS) break;
    const at = `${path}[${index}]`;
    if (item === null) found.push({ field: at, description: "must not be null" });
    else if (isReadable(field.parent, { [field.name]: [item] })) continue;
    else if (message && isPlain(message)) found.push(...violationsIn(message, item, at));
    else found.push({ field: at, description: formOf(field) });
  }
  return found;
}

function exclusive(desc: DescMessage, json: Record<string, JsonValue>, path: string) {
  const seen = new Map<string, string>();
  return Object.entries(json).flatMap(([name, value]): FieldViolation[] => {
    const field = desc.fields.find((one) => one.name === name || one.jsonName === name);
    if (field === undefined || value === null) return [];
    const group = field.oneof?.name ?? field.name;
    const other = seen.get(group);
    seen.set(group, name);
    const at = `${path}${path === "" ? "" : "."}${field.name}`;
    if (other === undefined) return [];
    return [{ field: at, description: `is given together with ${other}: give only one of them` }];
  });
}

const wellKnown: Readonly<Partial<Record<string, string>>> = {
  "google.protobuf.Timestamp":
    'must be a time with its zone in the years 1 to 9999, such as "2027-01-31T08:00:00Z"',
  "google.protobuf.Duration": 'must be a duration in seconds, such as "90s" or "0.25s"',
  "google.protobuf.Struct": "must be a JSON object",
};

/** What the value of a field must be, or an item of it. */
function formOf(field: DescField): string {
  if (field.message !== undefined) {
    return wellKnown[field.message.typeName] ?? "must be a JSON object";
  }
  if (field.enum !== undefined) {
    return `must be one of ${field.enum.values.map(({ name }) => name).join(", ")}`;
  }
  return scalars[field.scalar as ScalarType] ?? "has a value that cannot be read";
}

const whole = (least: bigint | number, most: bigint | number): string =>
  `must be a whole number from ${least} to ${most}`;

const scalars: Readonly<Partial<Record<ScalarType, string>>> = {
  [ScalarType.STRING]: "must be a text in quotes",
  [ScalarType.BOOL]: "must be true or false",
  [ScalarType.BYTES]: "must be bytes, as text in base64",
  [ScalarType.UINT32]: whole(0, 2 ** 32 - 1),
  [ScalarType.INT32]: whole(-(2 ** 31), 2 ** 31 - 1),
  [ScalarType.UINT64]: whole(0, 2n ** 64n - 1n),
  [ScalarType.INT64]: whole(-(2n ** 63n), 2n ** 63n - 1n),
  [ScalarType.DOUBLE]: "must be a number",
  [ScalarType.FLOAT]: "must be a number",
};
