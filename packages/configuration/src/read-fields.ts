import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { parseDuration } from "@millrace/shared";
import { isAlias, isCollection, isMap, isScalar, isSeq, type Node } from "yaml";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Receives what the reading of a file finds: the offsets of fields, and problems with their offsets. */
export interface Reading {
  /** Called with the offset at which a field begins. */
  readonly at: (path: string, offset: number) => void;
  readonly wrong: (path: string, offset: number, description: string) => void;
}

/** Stands for a value that could not be read. The problem has been reported. */
const nothing: unique symbol = Symbol("nothing");
type Read = Json | typeof nothing;

const DURATION = "google.protobuf.Duration";
const STRUCT = "google.protobuf.Struct";
const TIMESTAMP = "google.protobuf.Timestamp";
/** The longest Duration of protobuf. */
const LONGEST_MS = 315_576_000_000 * 1_000;
const UINT32_MAX = 2n ** 32n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** Reads a YAML mapping as the JSON of a message. Only the field names of the contract are accepted. */
export function readMessage(
  node: Node | null,
  desc: DescMessage,
  path: string,
  offset: number,
  reading: Reading,
): Read {
  if (desc.typeName === DURATION) return readDuration(node, path, offset, reading);
  if (desc.typeName === STRUCT) return readStruct(node, path, offset, reading);
  if (desc.typeName === TIMESTAMP) return readText(node, path, offset, reading);
  if (isAlias(node))
    return refuse(path, offset, "aliases are not supported: write the value out", reading);
  if (!isMap<unknown, Node | null>(node)) {
    const names = desc.fields.map(({ name }) => name).join(", ");
    return refuse(path, offset, `must be a mapping with some of: ${names}`, reading);
  }
  const entries = node.items.flatMap((item): [string, Json][] => {
    const key = item.key as Node;
    const keyOffset = key?.range?.[0] ?? offset;
    const name = isScalar(key) ? String(key.value) : "";
    const field = desc.fields.find((one) => one.name === name);
    if (field === undefined) {
      const names = desc.fields.map((one) => one.name).join(", ");
      reading.wrong(
        path,
        keyOffset,
        `there is no field ${JSON.stringify(name)} here; the fields are: ${names}`,
      );
      return [];
    }
    const fieldPath = path === "" ? name : `${path}.${name}`;
    reading.at(fieldPath, keyOffset);
    const value = item.value as Node | null;
    const read = readField(value, field, fieldPath, value?.range?.[0] ?? keyOffset, reading);
    return read === nothing ? [] : [[name, read]];
  });
  return Object.fromEntries(entries);
}

function readField(
  node: Node | null,
  field: DescField,
  path: string,
  offset: number,
  reading: Reading,
): Read {
  if (field.fieldKind === "list") {
    if (!isSeq<Node | null>(node)) return refuse(path, offset, "must be a list", reading);
    const items = node.items.map((item, index) => {
      const itemPath = `${path}[${index}]`;
      const itemOffset = item?.range?.[0] ?? offset;
      reading.at(itemPath, itemOffset);
      return field.listKind === "message"
        ? readMessage(item, field.message, itemPath, itemOffset, reading)
        : readScalar(item, field.scalar ?? ScalarType.STRING, itemPath, itemOffset, reading);
    });
    return items.filter((item) => item !== nothing);
  }
  if (field.fieldKind === "message") return readMessage(node, field.message, path, offset, reading);
  if (field.fieldKind === "enum") return readEnum(node, field.enum, path, offset, reading);
  if (field.fieldKind === "map") return readTexts(node, path, offset, reading);
  return readScalar(node, field.scalar ?? ScalarType.STRING, path, offset, reading);
}

function readDuration(node: Node | null, path: string, offset: number, reading: Reading): Read {
  const text = scalarOf(node);
  const ms = typeof text === "string" ? parseDuration(text) : undefined;
  if (ms !== undefined && ms <= LONGEST_MS) return `${ms / 1_000}s`;
  return refuse(path, offset, "must be a duration, for example 30s, 5m, 24h or 7d", reading);
}

/** A word of an enumeration is its name in the contract, without the common beginning: `skip` for OVERLAP_POLICY_SKIP. */
function readEnum(
  node: Node | null,
  desc: DescEnum,
  path: string,
  offset: number,
  reading: Reading,
): Read {
  const value = scalarOf(node);
  const words = desc.values.filter(({ number }) => number !== 0);
  const found = words.find((one) => wordOf(desc, one.name) === value);
  if (found !== undefined) return found.name;
  const all = words.map((one) => wordOf(desc, one.name)).join(", ");
  return refuse(path, offset, `must be one of: ${all}`, reading);
}

/** The word for a value of an enumeration. */
export const wordOf = (desc: DescEnum, name: string): string =>
  name.slice(desc.sharedPrefix?.length ?? 0).toLowerCase();

const readText = (node: Node | null, path: string, offset: number, reading: Reading): Read =>
  readScalar(node, ScalarType.STRING, path, offset, reading);

/** Reads a mapping of texts, such as labels. */
function readTexts(node: Node | null, path: string, offset: number, reading: Reading): Read {
  if (!isMap<unknown, Node | null>(node)) {
    return refuse(path, offset, "must be a mapping of names to texts", reading);
  }
  const entries = node.items.flatMap(({ key, value }): [string, Json][] => {
    const name = isScalar(key) ? String(key.value) : "";
    const namePath = `${path}["${name}"]`;
    const read = readText(value, namePath, value?.range?.[0] ?? offset, reading);
    return read === nothing ? [] : [[name, read]];
  });
  return Object.fromEntries(entries);
}

/** Reads any mapping, as JSON has it. Whole numbers that a double cannot hold are refused. */
function readStruct(node: Node | null, path: string, offset: number, reading: Reading): Read {
  if (!isMap<unknown, Node | null>(node)) {
    return refuse(path, offset, "must be a mapping", reading);
  }
  const value: unknown = node.toJSON();
  const inexact: unknown[] = [];
  const json = JSON.stringify(value, (_, one: unknown) => {
    if (typeof one !== "bigint") return one;
    if (BigInt(Number(one)) !== one) inexact.push(one);
    return Number(one);
  });
  if (inexact.length === 0) return JSON.parse(json) as Json;
  const what = `has the number ${inexact[0]}, which would lose digits: write the payload as payload_json`;
  return refuse(path, offset, what, reading);
}

function readScalar(
  node: Node | null,
  type: ScalarType,
  path: string,
  offset: number,
  reading: Reading,
): Read {
  const value = scalarOf(node);
  switch (type) {
    case ScalarType.STRING:
      if (typeof value === "string") return value;
      return refuse(path, offset, "must be text: put it in quotes", reading);
    case ScalarType.BOOL:
      if (typeof value === "boolean") return value;
      return refuse(path, offset, "must be true or false", reading);
    case ScalarType.UINT32:
    case ScalarType.UINT64: {
      const most = type === ScalarType.UINT32 ? UINT32_MAX : UINT64_MAX;
      const number = wholeOf(value);
      if (number !== undefined && number >= 0n && number <= most) return String(number);
      return refuse(path, offset, `must be a whole number from 0 to ${most}`, reading);
    }
    case ScalarType.DOUBLE:
      if (["bigint", "number"].includes(typeof value) && Number.isFinite(Number(value))) {
        return Number(value);
      }
      return refuse(path, offset, "must be a number", reading);
    default:
      throw new Error(
        `${path}: the type ${ScalarType[type]} is not supported in a configuration yet`,
      );
  }
}

/** Also accepts 1e6 and 1.0, which are whole numbers too. */
function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
}

/** Returns a scalar's value. Undefined if the node is not a scalar. */
const scalarOf = (node: Node | null): unknown =>
  isScalar(node) && !isCollection(node) ? node.value : undefined;

function refuse(
  path: string,
  offset: number,
  description: string,
  reading: Reading,
): typeof nothing {
  reading.wrong(path, offset, description);
  return nothing;
}
