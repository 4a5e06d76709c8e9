import { isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type Accounts, accountsFileSchema } from "./account.ts";

export type ParsedAccounts =
  | { readonly kind: "right"; readonly accounts: Accounts }
  /** One line for each problem, `line:column: field: what is wrong`, in the order of the file. */
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

export interface ParseOptions {
  /** The words for what is wrong with a field. */
  readonly words?: z.core.$ZodErrorMap;
}

const MAX_BYTES = 1024 * 1024;

type Path = readonly PropertyKey[];

interface Fault {
  readonly path: Path;
  readonly text: string;
}

const kinds = accountsFileSchema.shape.accounts.element.options.map(
  ({ shape }) => shape.kind.value,
);

/** Reads the text of an accounts file, in YAML or JSON, or returns everything that is wrong with it. */
export function parseAccounts(text: string, { words }: ParseOptions = {}): ParsedAccounts {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return { kind: "wrong", problems: [`1:1: the file is longer than ${MAX_BYTES} bytes`] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placed = (offset: number, field: string, what: string) => {
    const { line, col } = lines.linePos(offset);
    const at = `${Math.max(1, line)}:${Math.max(1, col)}: `;
    return { offset, problem: at + (field === "" ? what : `${field}: ${what}`) };
  };
  const wrong = (found: readonly ReturnType<typeof placed>[]): ParsedAccounts => {
    const sorted = found.toSorted((one, other) => one.offset - other.offset);
    return { kind: "wrong", problems: sorted.map(({ problem }) => problem) };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return wrong(faults.map(({ pos, message }) => placed(pos[0], "", message)));
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const parsed = accountsFileSchema.safeParse(value, words === undefined ? {} : { error: words });
  const problems = parsed.success
    ? repeatsAndGaps(parsed.data)
    : parsed.error.issues.flatMap(faultsOf);
  if (parsed.success && problems.length === 0) return { kind: "right", accounts: parsed.data };
  return wrong(
    problems.map(({ path, text: what }) => {
      for (let length = path.length; length > 0; length -= 1) {
        const node = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range != null) return placed(node.range[0], written(path), what);
      }
      return placed(0, written(path), what);
    }),
  );
}

const written = (path: Path): string =>
  path.reduce<string>((before, part) => {
    if (typeof part === "number") return `${before}[${part}]`;
    return before === "" ? String(part) : `${before}.${String(part)}`;
  }, "");

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const { path, message } = issue;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], text: "is not known here" }));
  }
  if (issue.code === "invalid_union" && path.at(-1) === "kind") {
    return [{ path, text: `must be one of ${kinds.join(", ")}` }];
  }
  return [{ path, text: message }];
}

/** What a schema cannot say: two accounts of one name, two settings of one model, and a default that is no account. */
function repeatsAndGaps({ accounts, default: byDefault }: Accounts): Fault[] {
  const names = accounts.map(({ name }) => name);
  const faults: Fault[] = [];
  const repeats = (values: readonly string[], what: string, pathOf: (at: number) => Path) => {
    for (const [at, value] of values.entries()) {
      const first = values.indexOf(value);
      if (first < at) faults.push({ path: pathOf(at), text: `${what} ${JSON.stringify(value)}` });
    }
  };
  repeats(names, "another account above has the name", (at) => ["accounts", at, "name"]);
  for (const [index, account] of accounts.entries()) {
    const models = account.kind === "extractive" ? [] : (account.models ?? []);
    repeats(
      models.map(({ name }) => name),
      "there are settings above for the model",
      (at) => ["accounts", index, "models", at, "name"],
    );
  }
  if (byDefault !== undefined && !names.includes(byDefault)) {
    const text = `is ${JSON.stringify(byDefault)}, which is none of the accounts: ${names.join(", ")}`;
    faults.push({ path: ["default"], text });
  }
  return faults;
}
