import type { DescMessage } from "@bufbuild/protobuf";
import { limits } from "@millrace/shared";
import { type RpcFault, rpcError } from "../rpc-fault.ts";
import { type FieldPlan, type MessagePlan, messagePlan, wireTypes } from "./message-plan.ts";

/** What is wrong with a message, and the path of fields that leads there, outermost first. */
interface Finding {
  readonly kind: "items" | "fields" | "depth" | "malformed";
  readonly description: string;
  readonly path: readonly string[];
}

/**
 * Reads the wire format without building objects, and stops at the first error. It is stricter than the decoder, which
 * accepts values of the wrong wire type and messages that end beyond their parent's end. Otherwise the decoder could build
 * more than this counts.
 */
class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;
  #fieldsLeft: number;
  /** How many elements and entries were read so far, for fields with a limit on their total. */
  readonly #inAll = new Map<FieldPlan, number>();

  constructor(bytes: Uint8Array, mostFields: number) {
    this.#bytes = bytes;
    this.#fieldsLeft = mostFields;
  }

  message(plan: MessagePlan, end: number, depth: number): Finding | undefined {
    if (depth > limits.messageDepth) return tooDeep();
    let counts: number[] | undefined;
    while (this.#at < end) {
      const tag = this.#uint32(end);
      if (tag < 8) return malformed();
      const field = plan.fields.get(tag >>> 3);
      this.#fieldsLeft -= field?.cost ?? 1;
      if (this.#fieldsLeft < 0) return tooMany();
      if (field !== undefined && field.counter >= 0) {
        counts ??= new Array<number>(plan.counters).fill(0);
      }
      const finding =
        field === undefined
          ? this.#skip(tag, end, depth)
          : this.#field(field, tag & 7, end, depth, counts);
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  #field(
    field: FieldPlan,
    wireType: number,
    end: number,
    depth: number,
    counts: number[] | undefined,
  ): Finding | undefined {
    const packed = field.packable && wireType === wireTypes.bytes;
    if (!packed && wireType !== field.wireType) return malformed(field.name);
    const valueEnd = this.#valueEnd(wireType, end);
    const elements = packed ? this.#packed(field.wireType, valueEnd) : 1;
    if (valueEnd < 0 || elements < 0) return malformed(field.name);
    const held = counts?.[field.counter] ?? 0;
    if (counts !== undefined && field.counter >= 0) {
      if (held + elements > field.most) {
        return { kind: "items", description: field.rule, path: [field.name] };
      }
      counts[field.counter] = held + elements;
    }
    if (Number.isFinite(field.mostInAll)) {
      const inAll = (this.#inAll.get(field) ?? 0) + elements;
      if (inAll > field.mostInAll) return tooManyInAll(field);
      this.#inAll.set(field, inAll);
    }
    if (packed) this.#fieldsLeft -= elements;
    if (this.#fieldsLeft < 0) return tooMany(field.name);
    if (field.child === undefined) {
      this.#at = valueEnd;
      return undefined;
    }
    const below = this.message(field.child, valueEnd, depth + (field.child.entry ? 0 : 1));
    if (below === undefined) return undefined;
    const name = field.repeated && field.counter >= 0 ? `${field.name}[${held}]` : field.name;
    return { ...below, path: field.child.wellKnown ? [name] : [name, ...below.path] };
  }

  /** Moves to the first byte of a value. Returns where the value ends, or -1 if that is beyond `end`. */
  #valueEnd(wireType: number, end: number): number {
    let valueEnd: number;
    if (wireType === wireTypes.varint) {
      valueEnd = this.#varintEnd(end);
    } else if (wireType === wireTypes.bytes) {
      const length = this.#uint32(end);
      valueEnd = length < 0 ? -1 : this.#at + length;
    } else {
      valueEnd = this.#at + (wireType === wireTypes.fixed64 ? 8 : 4);
    }
    return valueEnd > end ? -1 : valueEnd;
  }

  /** Counts the elements of a packed record. Returns -1 if the last element is incomplete. */
  #packed(wireType: number, valueEnd: number): number {
    const length = valueEnd - this.#at;
    if (wireType !== wireTypes.varint) {
      const elements = length / (wireType === wireTypes.fixed64 ? 8 : 4);
      return Number.isInteger(elements) ? elements : -1;
    }
    let elements = 0;
    for (let at = this.#at; at < valueEnd; at += 1) {
      if ((this.#bytes[at] ?? 0) < 0x80) elements += 1;
    }
    return length > 0 && (this.#bytes[valueEnd - 1] ?? 0) >= 0x80 ? -1 : elements;
  }

  #skip(tag: number, end: number, depth: number): Finding | undefined {
    const wireType = tag & 7;
    if (wireType === wireTypes.group) return this.#group(tag >>> 3, end, depth + 1);
    if (wireType === wireTypes.endGroup || wireType > wireTypes.fixed32) return malformed();
    const valueEnd = this.#valueEnd(wireType, end);
    if (valueEnd < 0) return malformed();
    this.#at = valueEnd;
    return undefined;
  }

  /** Skips a group that the contract does not know. */
  #group(number: number, end: number, depth: number): Finding | undefined {
    if (depth > limits.messageDepth) return tooDeep();
    while (this.#at < end) {
      const tag = this.#uint32(end);
      if (tag < 8) return malformed();
      if (--this.#fieldsLeft < 0) return tooMany();
      if ((tag & 7) === wireTypes.endGroup) {
        return tag >>> 3 === number ? undefined : malformed();
      }
      const finding = this.#skip(tag, end, depth);
      if (finding !== undefined) return finding;
    }
    return malformed();
  }

  /** Reads a tag or a length. Returns -1 unless it has 32 bits and ends before `end`. */
  #uint32(end: number): number {
    let value = 0;
    for (let shift = 0; shift < 35 && this.#at < end; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0;
      if (shift === 28 && byte > 0x0f) return -1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return -1;
  }

  #varintEnd(end: number): number {
    for (let at = this.#at; at < end && at < this.#at + 10; at += 1) {
      if ((this.#bytes[at] ?? 0) < 0x80) return at + 1;
    }
    return -1;
  }
}

const malformed = (...path: string[]): Finding => ({ kind: "malformed", description: "", path });
const tooMany = (...path: string[]): Finding => ({ kind: "fields", description: "", path });
const tooManyInAll = ({ name, mostInAll }: FieldPlan): Finding => ({
  kind: "items",
  description: `must be no more than ${mostInAll} in total`,
  path: [name],
});
const tooDeep = (): Finding => ({
  kind: "depth",
  description: `is nested more than ${limits.messageDepth} levels deep`,
  path: [],
});

function faultOf({ kind, description, path }: Finding, mostFields: number): RpcFault {
  const field = path.join(".");
  const place = field === "" ? "the request" : field;
  switch (kind) {
    case "malformed":
      return rpcError({ reason: "MALFORMED", message: `${place} does not parse` });
    case "fields":
      return tooManyFields(`the message holds more than ${mostFields} fields (at ${place})`, field);
    default:
      return rpcError({
        reason: "MALFORMED",
        message: `${place}: ${description}`,
        violations: [{ field, description }],
      });
  }
}

/** The refusal of a message that would take too long to decode. */
export function tooManyFields(message: string, field = ""): RpcFault {
  return rpcError({
    reason: "TOO_LARGE",
    message: `${message}: send less in one message`,
    violations: field === "" ? [] : [{ field, description: "holds too many fields" }],
  });
}

/**
 * Bounds the cost of decoding a message in the wire format. Throws MALFORMED if a list or map is longer than the proto's
 * rules allow, if messages are nested too deeply, or if the message does not parse. Throws TOO_LARGE if it has more than
 * `mostFields` fields in total. Where the messages of a list are refused one by one, the rules bound the total over all of
 * them. Each record of a map counts, also one that repeats a key.
 */
export function assertBounded(
  desc: DescMessage,
  bytes: Uint8Array,
  mostFields: number = limits.messageFields,
): void {
  const finding = new Scanner(bytes, mostFields).message(messagePlan(desc), bytes.length, 1);
  if (finding !== undefined) throw faultOf(finding, mostFields);
}
