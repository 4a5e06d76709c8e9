import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type Configuration, ConfigurationSchema } from "@millrace/proto/admin-service";
import { LineCounter, type Node, parseDocument } from "yaml";
import type { Problem, Violation } from "./problem.ts";
import { readMessage } from "./read-fields.ts";
import { violationsOf } from "./rules.ts";

export type ParsedConfiguration =
  | {
      readonly kind: "right";
      readonly configuration: Configuration;
      /** Finds the places in the file of violations that are found later, such as by a scheduler. */
      locate(violations: readonly Violation[]): Problem[];
    }
  /** All problems, in the order of the file. */
  | { readonly kind: "wrong"; readonly problems: readonly Problem[] };

const MAX_BYTES = 4 * 1024 * 1024;

/** Reads the text of a configuration file into the contract's message, or returns everything that is wrong with it. */
export function parseConfiguration(text: string): ParsedConfiguration {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    const description = `the file is longer than ${MAX_BYTES} bytes`;
    return { kind: "wrong", problems: [{ line: 1, column: 1, field: "", description }] };
  }
  const lines = new LineCounter();
  const document = parseDocument<Node>(text, {
    lineCounter: lines,
    intAsBigInt: true,
    prettyErrors: false,
  });
  const offsets = new Map<string, number>([["", 0]]);
  const problemAt = (offset: number, { field, description }: Violation): Problem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), field, description };
  };
  const wrong = (problems: readonly Problem[]): ParsedConfiguration => ({
    kind: "wrong",
    problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column),
  });

  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return wrong(
      faults.map(({ message, pos, code }) =>
        problemAt(pos[0], { field: "", description: plainer[code] ?? message }),
      ),
    );
  }
  const problems: Problem[] = [];
  // A file that has only comments declares nothing.
  const isEmpty = document.contents === null;
  const json = isEmpty
    ? {}
    : readMessage(document.contents, ConfigurationSchema, "", 0, {
        at: (path, offset) => offsets.set(path, offset),
        wrong: (field, offset, description) =>
          problems.push(problemAt(offset, { field, description })),
      });
  if (problems.length > 0) return wrong(problems);

  const configuration = fromJson(ConfigurationSchema, json as JsonValue);
  const locate = (violations: readonly Violation[]) =>
    violations.map((violation) => problemAt(offsetOf(offsets, violation.field), violation));
  const broken = locate(violationsOf(configuration));
  return broken.length > 0 ? wrong(broken) : { kind: "right", configuration, locate };
}

/** Returns the offset of a field. If the field is missing, this is the offset of the part that should contain it. */
function offsetOf(offsets: ReadonlyMap<string, number>, field: string): number {
  const offset = offsets.get(field);
  if (offset !== undefined) return offset;
  return offsetOf(offsets, field.replace(/(^|\.)[^.[]*$|\[\d+\]$/, ""));
}

/** Replacements for messages of the YAML parser that only programmers understand. */
const plainer: Readonly<Partial<Record<string, string>>> = {
  MULTIPLE_DOCS: "a second YAML document begins here: the file may contain only one",
  DUPLICATE_KEY: "this field is given twice",
};
