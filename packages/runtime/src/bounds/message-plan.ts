import { type DescField, type DescMessage, getOption, ScalarType } from "@bufbuild/protobuf";
import {
  field as fieldRules,
  Ignore,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** The wire types, with the numbers of the wire format. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, group: 3, endGroup: 4, fixed32: 5 };

/** What the scanner needs to know about one field. */
export interface FieldPlan {
  readonly name: string;
  readonly wireType: number;
  /** Whether the elements may be packed into one record. */
  readonly packable: boolean;
  /** Whether the field is a number, which JSON may write as a string. */
  readonly numeric: boolean;
  readonly repeated: boolean;
  /** The most elements or entries that the proto's rules allow. `rule` is that rule in words. */
  readonly most: number;
  readonly rule: string;
  /**
   * The most elements in total over all messages of a list that are checked one by one: the limit of each, times the
   * list's limit.
   */
  readonly mostInAll: number;
  /** The index of the message's counter for this field; -1 if no rule limits the field. */
  readonly counter: number;
  /** How many fields one record counts as: an entry of a map of messages costs twice as much as others. */
  readonly cost: number;
  /** The plan of the message in the field; undefined for scalars and enums. */
  readonly child: MessagePlan | undefined;
}

/** What the scanner needs to know about a message type. It is compiled once from the descriptor. */
export interface MessagePlan {
  readonly fields: ReadonlyMap<number, FieldPlan>;
  /** The same fields by their names in JSON, which may also be the proto's names. */
  readonly byName: ReadonlyMap<string, FieldPlan>;
  /** How many fields have a limit of their own. */
  readonly counters: number;
  /** Whether this is one of protobuf's own types. An error inside it names the field that holds it. */
  readonly wellKnown: boolean;
  /** Whether this is an entry of a map, which the decoder does not count as a level. */
  readonly entry: boolean;
}

interface Plan extends MessagePlan {
  readonly fields: Map<number, FieldPlan>;
  readonly byName: Map<string, FieldPlan>;
  counters: number;
}

const wireTypeOf = (scalar: ScalarType): number => {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return wireTypes.bytes;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return wireTypes.fixed64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return wireTypes.fixed32;
    default:
      return wireTypes.varint;
  }
};

const NO_NUMBERS = new Set([ScalarType.STRING, ScalarType.BYTES, ScalarType.BOOL]);

const valueType = (field: DescField): number => {
  if (field.message !== undefined) return wireTypes.bytes;
  return field.scalar === undefined ? wireTypes.varint : wireTypeOf(field.scalar);
};

/** Reads the limit that the proto's rules set on the number of elements or entries. */
function boundOf(field: DescField): { readonly most: number; readonly rule: string } {
  const { type } = getOption(field, fieldRules);
  if (type.case === "repeated" && field.fieldKind === "list" && type.value.maxItems > 0n) {
    const { maxItems } = type.value;
    return { most: Number(maxItems), rule: `must contain no more than ${maxItems} item(s)` };
  }
  if (type.case === "map" && field.fieldKind === "map" && type.value.maxPairs > 0n) {
    const { maxPairs } = type.value;
    return { most: Number(maxPairs), rule: `map must be at most ${maxPairs} entries` };
  }
  return { most: Number.POSITIVE_INFINITY, rule: "" };
}

/** Whether validating the outer message validates the messages in this field too. */
const isLookedInto = (field: DescField): boolean => {
  const { type, ignore } = getOption(field, fieldRules);
  if (ignore === Ignore.ALWAYS) return false;
  return type.case !== "repeated" || type.value.items?.ignore !== Ignore.ALWAYS;
};

/**
 * How the rules of a type apply: to each of its messages, or, if the messages are checked and refused one by one, to the
 * total over all of them. The number is how many messages there may be.
 */
type Holding = "each" | number;

const compiled = new Map<Holding, Map<DescMessage, Plan>>();

export function messagePlan(desc: DescMessage, holding: Holding = "each"): MessagePlan {
  const plans = compiled.get(holding) ?? new Map<DescMessage, Plan>();
  compiled.set(holding, plans);
  const known = plans.get(desc);
  if (known !== undefined) return known;
  const wellKnown = desc.typeName.startsWith("google.protobuf.");
  const plan: Plan = {
    ...{ fields: new Map(), byName: new Map() },
    ...{ counters: 0, wellKnown, entry: false },
  };
  // The plan is stored before its fields are compiled, because a message may contain its own type.
  plans.set(desc, plan);
  for (const field of desc.fields) {
    const compiledField = fieldPlan(field, plan, holding);
    plan.fields.set(field.number, compiledField);
    plan.byName.set(field.name, compiledField).set(field.jsonName, compiledField);
  }
  return plan;
}

function fieldPlan(field: DescField, plan: Plan, holding: Holding): FieldPlan {
  const repeated = field.fieldKind === "list" || field.fieldKind === "map";
  const { most: admitted, rule } = boundOf(field);
  const most = holding === "each" ? admitted : Number.POSITIVE_INFINITY;
  const child = childOf(field, holding);
  const wireType = field.fieldKind === "map" ? wireTypes.bytes : valueType(field);
  return {
    name: field.name,
    wireType,
    packable: field.fieldKind === "list" && wireType !== wireTypes.bytes,
    numeric: field.scalar !== undefined && !NO_NUMBERS.has(field.scalar),
    repeated,
    ...{ most, rule },
    mostInAll: holding === "each" ? Number.POSITIVE_INFINITY : holding * admitted,
    counter: Number.isFinite(most) ? plan.counters++ : -1,
    cost: field.fieldKind === "map" && field.message !== undefined ? 2 : 1,
    child,
  };
}

function childOf(field: DescField, holding: Holding): MessagePlan | undefined {
  if (field.fieldKind === "map") return entryPlan(field, holding);
  if (field.message === undefined) return undefined;
  if (holding !== "each" || isLookedInto(field)) return messagePlan(field.message, holding);
  return messagePlan(field.message, boundOf(field).most);
}

/** The plan of a map's entry, which is a message: field 1 is the key, field 2 the value. */
function entryPlan(field: DescField & { fieldKind: "map" }, holding: Holding): MessagePlan {
  const single = { packable: false, numeric: false, repeated: false, cost: 1 };
  const most = Number.POSITIVE_INFINITY;
  const unbounded = { most, mostInAll: most, rule: "", counter: -1 };
  const key = { ...single, ...unbounded, name: "key", wireType: wireTypeOf(field.mapKey) };
  const value = { ...single, ...unbounded, name: "value", wireType: valueType(field) };
  const child = field.message === undefined ? undefined : messagePlan(field.message, holding);
  return {
    fields: new Map([
      [1, { ...key, child: undefined }],
      [2, { ...value, child }],
    ]),
    // In JSON an entry is a member of its map.
    byName: new Map(),
    counters: 0,
    wellKnown: true,
    entry: true,
  };
}
