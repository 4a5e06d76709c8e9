import type { DescMessage } from "@bufbuild/protobuf";
import { limits } from "@millrace/shared";
import { type RpcFault, rpcError } from "../rpc-fault.ts";
import { beginsOf, type JsonBegin, jsonBegins, stringAt } from "./json-text.ts";
import { tooManyFields } from "./message-bounds.ts";
import { type FieldPlan, type MessagePlan, messagePlan } from "./message-plan.ts";

/** How many fields the parts of a `google.protobuf.Struct` count as. On the wire a member takes five, and an element two. */
const FREE_CONTAINER = 1;
const FREE_COMMA = 2;
const FREE_COLON = 3;

/**
 * The most characters of a number written as a string. One with 4 MiB of digits takes the library 700 ms, and its error
 * repeats them all.
 */
const MOST_DIGITS = 64;

/** A member that is not a field of the contract, and holds free JSON of the caller. */
export interface JsonMember {
  readonly name: string;
  /**
   * A limit for the member's text without white space. A value within the limit is never refused. A string with escapes
   * counts a sixth of its length, so some longer values pass here.
   */
  readonly mostBytes: number;
}

export interface JsonBounds {
  readonly mostFields?: number;
  readonly member?: JsonMember;
}

/** A message, a list or a map that has begun and not ended. */
interface Frame {
  /** Set for a message. */
  readonly plan: MessagePlan | undefined;
  /** Set for a list or a map. */
  readonly field: FieldPlan | undefined;
  /** How many commas (of a list) or colons (of a map) the scan has passed. */
  items: number;
  /** The field of the current member; undefined if the contract does not know the member. */
  next: FieldPlan | undefined;
  /** Whether the next string is a member's name. */
  atName: boolean;
}

class JsonScanner {
  readonly #text: Buffer;
  readonly #root: MessagePlan;
  readonly #mostFields: number;
  readonly #member: JsonMember | undefined;
  readonly #frames: Frame[] = [];
  readonly #inAll = new Map<FieldPlan, number>();
  #fieldsLeft: number;
  /** How many free containers are open. #own says whether they belong to the caller's own member. */
  #free = 0;
  #own = false;
  #bytesLeft: number;

  constructor(desc: DescMessage, text: Uint8Array, { mostFields, member }: JsonBounds) {
    this.#text = Buffer.from(text.buffer, text.byteOffset, text.length);
    this.#root = messagePlan(desc);
    this.#mostFields = mostFields ?? limits.messageFields;
    this.#fieldsLeft = this.#mostFields;
    this.#member = member;
    this.#bytesLeft = member?.mostBytes ?? 0;
  }

  scan(): void {
    const text = this.#text;
    for (let at = 0; at < text.length; ) {
      const begin = jsonBegins[text[at++] ?? 0] as JsonBegin;
      if (begin === beginsOf.nothing) continue;
      if (begin === beginsOf.string) at = this.#string(at);
      else if (this.#free > 0) this.#inFree(begin);
      else if (begin === beginsOf.container) this.#open(text[at - 1] === 0x7b);
      else if (begin === beginsOf.end) this.#frames.pop();
      else this.#separator(begin === beginsOf.colon);
    }
  }

  #inFree(begin: JsonBegin): void {
    if (begin === beginsOf.container) this.#free += 1;
    if (begin === beginsOf.end) {
      this.#free -= 1;
    } else if (this.#own) {
      // A container has two brackets, and a separator one character.
      this.#takeBytes(begin === beginsOf.container ? 2 : 1);
    } else {
      this.#take(freeCost(begin));
    }
  }

  /** Scans the string that begins at `from`. Returns where it ends. */
  #string(from: number): number {
    const { end, bytes, plain } = stringAt(this.#text, from);
    if (this.#free > 0) {
      if (this.#own) this.#takeBytes(bytes);
      return end;
    }
    const frame = this.#frames.at(-1);
    if (frame?.atName !== true) {
      const field = frame?.next ?? frame?.field;
      if (field?.numeric === true && end - 1 - from > MOST_DIGITS)
        throw this.#malformed(`must be a number of at most ${MOST_DIGITS} characters`);
      return end;
    }
    frame.atName = false;
    if (frame.plan === undefined) return end;
    const name = plain
      ? this.#text.toString("latin1", from, end - 1)
      : unescaped(this.#text, from, end);
    frame.next = frame.plan.byName.get(name);
    this.#own =
      frame.next === undefined && this.#frames.length === 1 && name === this.#member?.name;
    if (frame.next === undefined && !this.#own) this.#take(FREE_COLON);
    return end;
  }

  #open(isObject: boolean): void {
    const frame = this.#frames.at(-1);
    const field = frame?.next ?? frame?.field;
    const child = this.#frames.length === 0 ? this.#root : childOf(field);
    const opensField = frame?.next?.repeated === true;
    if (opensField && isObject === isMap(frame?.next)) {
      this.#frames.push(frameOf(undefined, frame?.next));
    } else if (!opensField && isObject && child !== undefined && !child.wellKnown) {
      this.#frames.push(frameOf(child, undefined));
    } else {
      this.#free = 1;
    }
    if (this.#free > 0 && this.#own) this.#takeBytes(2);
    else this.#take(FREE_CONTAINER);
  }

  #separator(isColon: boolean): void {
    const frame = this.#frames.at(-1);
    this.#take(1);
    if (frame === undefined) return;
    const { field } = frame;
    if (!isColon) frame.atName = frame.plan !== undefined || isMap(field);
    if (field === undefined || isColon !== isMap(field)) return;
    // A list has one element more than commas.
    frame.items += 1;
    if (frame.items + (isColon ? 0 : 1) > field.most) throw this.#malformed(field.rule);
    if (!Number.isFinite(field.mostInAll)) return;
    const inAll = (this.#inAll.get(field) ?? 0) + 1;
    if (inAll > field.mostInAll)
      throw this.#malformed(`must be no more than ${field.mostInAll} in total`);
    this.#inAll.set(field, inAll);
  }

  #take(fields: number): void {
    this.#fieldsLeft -= fields;
    if (this.#fieldsLeft >= 0) return;
    throw tooManyFields(`the JSON holds more than ${this.#mostFields} fields`);
  }

  #takeBytes(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft >= 0) return;
    const { name, mostBytes } = this.#member as JsonMember;
    throw rpcError({
      reason: "TOO_LARGE",
      message: `the ${name} is larger than the limit of ${mostBytes} bytes`,
    });
  }

  /** The path of the current field, as violations name it. */
  #path(): string {
    let field = "";
    for (const { plan, next, field: list, items } of this.#frames) {
      if (plan !== undefined) field += `${field === "" ? "" : "."}${next?.name}`;
      else if (list !== this.#frames.at(-1)?.field) field += `[${items}]`;
    }
    return field;
  }

  #malformed(description: string): RpcFault {
    const field = this.#path();
    const message = `${field}: ${description}`;
    return rpcError({ reason: "MALFORMED", message, violations: [{ field, description }] });
  }
}

const freeCost = (begin: JsonBegin): number =>
  begin === beginsOf.container
    ? FREE_CONTAINER
    : begin === beginsOf.comma
      ? FREE_COMMA
      : FREE_COLON;

const isMap = (field: FieldPlan | undefined): boolean => field?.child?.entry === true;

/** The message type of a field, of a list's elements or of a map's values. */
const childOf = (field: FieldPlan | undefined): MessagePlan | undefined =>
  field !== undefined && isMap(field) ? field.child?.fields.get(2)?.child : field?.child;

const frameOf = (plan: MessagePlan | undefined, field: FieldPlan | undefined): Frame => ({
  ...{ plan, field, items: 0, next: undefined },
  atName: plan !== undefined || isMap(field),
});

/** Reads a name that has escapes or is not ASCII. No name of the contract is like that, but JSON may write them so. */
function unescaped(text: Buffer, from: number, end: number): string {
  try {
    return String(JSON.parse(text.toString("utf8", from - 1, end)));
  } catch {
    return "";
  }
}

/**
 * Bounds the cost of parsing a JSON message in UTF-8, before any of it is built, as `assertBounded` does for the wire format.
 * Throws MALFORMED if a list or map is longer than the proto's rules allow, and TOO_LARGE if the message has more fields in
 * total than allowed. Each container counts as a field, and the content of a Struct counts as on the wire. This also bounds
 * the depth, which is at most the number of containers. Text that is not JSON is left to the parser.
 */
export function assertBoundedJson(
  desc: DescMessage,
  text: Uint8Array,
  bounds: JsonBounds = {},
): void {
  new JsonScanner(desc, text, bounds).scan();
}
