/**
 * Records which fields were proved to arrive on each way. A way is what a message travels in: the request or
 * response of a method, JSON over HTTP, an object of the client, or the command line. A field is proved on a way
 * if a value that differs from its default was sent at one end and found at the other.
 *
 * The picture is an account book. Each proof is an entry, and at the end every field must have an entry or a row
 * that says why it has none.
 */

import { isDeepStrictEqual } from "node:util";
import {
  type DescField,
  type DescMessage,
  isMessage,
  type Message,
  type MessageShape,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { isWithin, messageIn, pathOf, pathsOf } from "./paths.ts";

export interface Way {
  readonly name: string;
  readonly desc: DescMessage;
}

/** Fields that a way does not carry, or that another test proves, and why. */
export interface Row {
  readonly ways: readonly string[];
  readonly paths: readonly string[];
  readonly why: string;
  /** The test that proves them, as a path from the root of the repository. The test must name each field. */
  readonly provedIn?: string;
}

/** An expected value that is not known exactly. */
export class Wanted {
  readonly text: string;
  readonly fits: (value: unknown) => boolean;

  constructor(text: string, fits: (value: unknown) => boolean) {
    this.text = text;
    this.fits = fits;
  }
}

/** Expected values by their TypeScript names. Members of a oneof have their own names. */
export type Expected = { readonly [name: string]: unknown };

export class Ledger {
  readonly #ways: ReadonlyMap<string, Way>;
  readonly #proved = new Map<string, Set<string>>();
  readonly #wrong: string[] = [];

  constructor(ways: readonly Way[]) {
    this.#ways = new Map(ways.map((way) => [way.name, way]));
  }

  /** Enters that fields were proved on a way by assertions before this call. */
  prove(wayName: string, ...paths: readonly string[]): void {
    const way = this.#ways.get(wayName);
    if (way === undefined) throw new Error(`there is no way named ${wayName}`);
    const known = pathsOf(way.desc);
    const proved = this.#proved.get(wayName) ?? new Set();
    this.#proved.set(wayName, proved);
    for (const path of paths) {
      const within = known.filter((one) => isWithin(one, path));
      if (within.length === 0) throw new Error(`${wayName} has no field ${path}`);
      for (const one of within) proved.add(one);
    }
  }

  /**
   * Compares a message that arrived on a way, or the part of it at `path`, with the expected values, and enters
   * the fields that arrived. `takeWrong` returns fields that are missing, different or unexpected.
   */
  compare<Desc extends DescMessage>(
    wayName: string,
    desc: Desc,
    came: MessageShape<Desc> | undefined,
    expected: Expected,
    path = "",
  ): void {
    const arrived: string[] = [];
    const wrong: string[] = [];
    if (came === undefined) wrong.push(`${path || "the message"} did not arrive`);
    else compareMessage(desc, came, expected, path, { arrived, wrong, rows: this.#rows(wayName) });
    this.prove(wayName, ...arrived);
    this.#wrong.push(...wrong.map((one) => `${wayName}: ${one}`));
  }

  /** Returns the faults since the last call. */
  takeWrong(): string[] {
    return [...new Set(this.#wrong.splice(0))];
  }

  rows: readonly Row[] = [];

  #rows(wayName: string): readonly string[] {
    return this.rows.filter(({ ways }) => ways.includes(wayName)).flatMap(({ paths }) => paths);
  }

  /** Returns fields without a proof and without a row, and rows that are wrong. */
  problems(): string[] {
    const unproved = [...this.#ways.values()].flatMap(({ name, desc }) => {
      const rows = this.#rows(name);
      return pathsOf(desc)
        .filter((path) => !this.#proved.get(name)?.has(path))
        .filter((path) => !rows.some((row) => isWithin(path, row)))
        .map((path) => `${name}: no test proves ${path}`);
    });
    const wrongRows = this.rows.flatMap(({ ways, paths }) =>
      ways.flatMap((name) => paths.flatMap((path) => this.#wrongRow(name, path))),
    );
    return [...unproved, ...wrongRows];
  }

  #wrongRow(name: string, row: string): string[] {
    const way = this.#ways.get(name);
    if (way === undefined) return [`the table names the way ${name}, which does not exist`];
    const covered = pathsOf(way.desc).filter((path) => isWithin(path, row));
    if (covered.length === 0) return [`${name}: the table names ${row}, which does not exist`];
    return covered
      .filter((path) => this.#proved.get(name)?.has(path))
      .map((path) => `${name}: the table leaves out ${path}, but it arrives`);
  }
}

interface Found {
  readonly arrived: string[];
  readonly wrong: string[];
  readonly rows: readonly string[];
}

function compareMessage(
  desc: DescMessage,
  came: Message,
  expected: Expected,
  prefix: string,
  found: Found,
): void {
  const message = reflect(desc, came);
  for (const field of desc.fields) {
    const path = pathOf(prefix, field);
    const isSet = message.isSet(field);
    if (found.rows.some((row) => isWithin(path, row))) {
      // The row for this field is wrong. `problems` reports it.
      if (isSet) found.arrived.push(path);
      continue;
    }
    const wanted = wantedOf(field, expected);
    if (!isSet && isDefault(wanted)) continue;
    if (!isSet) found.wrong.push(`${path} did not arrive: expected ${text(wanted)}`);
    else if (wanted === undefined) found.wrong.push(`${path} was not expected`);
    else compareField(field, heldBy(field, came), wanted, path, found);
  }
}

function compareField(
  field: DescField,
  value: unknown,
  wanted: unknown,
  path: string,
  found: Found,
): void {
  const inner = messageIn(field);
  if (wanted instanceof Wanted) {
    if (!wanted.fits(value)) {
      found.wrong.push(`${path} is ${text(value)}, expected ${wanted.text}`);
    } else if (inner === undefined) found.arrived.push(path);
    else found.wrong.push(`${path}: list the expected fields one by one`);
    return;
  }
  if (inner === undefined) {
    if (same(field, value, wanted)) found.arrived.push(path);
    else found.wrong.push(`${path} is ${text(value)}, expected ${text(wanted)}`);
    return;
  }
  if (field.fieldKind !== "list") {
    compareMessage(inner, value as Message, wanted as Expected, path, found);
    return;
  }
  const [values, all] = [value as Message[], wanted as Expected[]];
  if (values.length !== all.length) {
    found.wrong.push(`${path} has ${values.length} elements, expected ${all.length}`);
  }
  for (const [index, one] of values.entries()) {
    if (all[index] !== undefined) compareMessage(inner, one, all[index], path, found);
  }
}

/** Whether two values are equal without the members that mark them as messages. */
function same(field: DescField, value: unknown, wanted: unknown): boolean {
  if (field.fieldKind === "message" && field.message.fields.length === 0) return true;
  return isDeepStrictEqual(plain(value), plain(wanted));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !name.startsWith("$"));
  return Object.fromEntries(entries.map(([name, one]) => [name, plain(one)]));
}

/** The value of a oneof is found by the member's own name, in messages and in expected values. */
function wantedOf(field: DescField, expected: Expected): unknown {
  if (!isMessage(expected)) return expected[field.localName];
  return heldBy(field, expected);
}

function heldBy(field: DescField, message: object): unknown {
  const values = message as Record<string, unknown>;
  if (field.oneof === undefined || field.oneof.name.startsWith("_")) return values[field.localName];
  const held = values[field.oneof.localName] as { case?: string; value?: unknown };
  return held.case === field.localName ? held.value : undefined;
}

function isDefault(wanted: unknown): boolean {
  if (Array.isArray(wanted)) return wanted.length === 0;
  if (wanted instanceof Uint8Array) return wanted.length === 0;
  if (wanted instanceof Wanted || wanted === null) return false;
  if (typeof wanted === "object" && !isMessage(wanted)) return Object.values(wanted).length === 0;
  return wanted === undefined || !wanted;
}

function text(value: unknown): string {
  if (value instanceof Wanted) return value.text;
  return (
    JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one))?.slice(
      0,
      200,
    ) ?? "nothing"
  );
}
