/** Makes messages in which every field has its own value that keeps the contract's rules. */
import {
  create,
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type MessageInitShape,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type FieldRules, field as fieldRules } from "@millrace/proto/validation-rules";
import { assertValid } from "@millrace/runtime";
import { systemClock as clock } from "@millrace/shared";
import { messageIn, pathOf } from "./paths.ts";

export interface FillOptions {
  /** Values that only the caller knows, by path: things that must exist, or texts that a pattern requires. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Fields that stay unset: the other members of a oneof, and fields that would disturb the test. */
  readonly skip?: readonly string[];
}

const DAY_MS = 86_400_000;
/** No two messages have the same values, so that a test notices if one is taken for another. */
let made = 0;
const next = (): number => {
  made += 1;
  return made;
};

/** Makes a message with every field set. Throws if it would break a rule, which `set` must then satisfy. */
export function filled<Desc extends DescMessage>(
  desc: Desc,
  options: FillOptions = {},
): MessageShape<Desc> {
  const message = create(desc, valuesOf(desc, "", options) as MessageInitShape<Desc>);
  assertValid(desc, message);
  return message;
}

function valuesOf(desc: DescMessage, prefix: string, options: FillOptions): object {
  const { set = {}, skip = [] } = options;
  const values: Record<string, unknown> = {};
  for (const field of desc.fields) {
    const path = pathOf(prefix, field);
    if (skip.includes(path)) continue;
    const value = path in set ? set[path] : valueOfField(field, path, options);
    if (field.oneof === undefined) values[field.localName] = value;
    else values[field.oneof.localName] ??= { case: field.localName, value };
  }
  return values;
}

function valueOfField(field: DescField, path: string, options: FillOptions): unknown {
  const rules = hasOption(field, fieldRules) ? getOption(field, fieldRules) : undefined;
  const inner = messageIn(field);
  switch (field.fieldKind) {
    case "list": {
      const itemRules = rules?.type.case === "repeated" ? rules.type.value.items : undefined;
      return [0, 1].map(() =>
        inner === undefined ? scalar(field.scalar, itemRules) : valuesOf(inner, path, options),
      );
    }
    case "map":
      return { [word()]: word(), [word()]: word() };
    case "enum":
      return field.enum.values.at(-1)?.number;
    case "message":
      return inner === undefined ? known(field.message, rules) : valuesOf(inner, path, options);
    case "scalar":
      return scalar(field.scalar, rules);
  }
}

/** A word that most patterns of the contract accept: those of queues, types, keys and labels. */
const word = (): string => `word${next()}`;

/** Makes a Duration within its rules, in whole seconds, or a Timestamp some days from now. */
function known(desc: DescMessage, rules: FieldRules | undefined): unknown {
  if (desc.typeName === "google.protobuf.Duration") {
    const { lessThan } = rules?.type.case === "duration" ? rules.type.value : {};
    const most = lessThan?.case === "lte" ? Number(lessThan.value.seconds) : Number.MAX_VALUE;
    return durationFromMs(Math.min(next(), most) * 1_000);
  }
  if (desc.typeName === "google.protobuf.Timestamp") {
    const days = Math.ceil(clock.nowMs() / DAY_MS) + 10;
    return timestampFromMs(days * DAY_MS + next() * 1_000);
  }
  if (desc.fields.length === 0) return {};
  throw new Error(`${desc.typeName}: this type has no default value here, give one in set`);
}

function scalar(type: ScalarType | undefined, rules: FieldRules | undefined): unknown {
  switch (type) {
    case ScalarType.STRING:
      return word();
    case ScalarType.BOOL:
      return true;
    case ScalarType.BYTES:
      return new TextEncoder().encode(word());
    case ScalarType.DOUBLE:
      return number(rules) - 0.25;
    case ScalarType.UINT64:
      return BigInt(number(rules));
    default:
      return number(rules);
  }
}

/** A whole number within the rules, at least 2, because 1 is often a default or means only "yes". */
function number(rules: FieldRules | undefined): number {
  const bounds = rules?.type.value as { lessThan?: { case?: string; value?: unknown } } | undefined;
  const most = bounds?.lessThan?.case === "lte" ? Number(bounds.lessThan.value) : 1e9;
  return 2 + (next() % (Math.floor(most) - 2));
}
