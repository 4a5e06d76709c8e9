/** Checks public names against docs/glossary.md. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Place, publicNames, wordsOf } from "./public-names.ts";

const root = join(import.meta.dirname, "../..");
const names = publicNames();
const places: readonly Place[] = ["proto", "TypeScript", "Redis", "metric", "command"];

/**
 * Names that the glossary rules out but that are still used, each with its future name. An entry for a message
 * covers its fields.
 */
const toBeRenamed: Readonly<Record<string, string>> = {
  SubmitStreamItem: "SubmitStreamJob",
  "SubmitStreamRequest.items": "SubmitStreamRequest.jobs",
  ExecutionContext: "AttemptContext",
  JobError: "JobFailure, as the client and the worker SDK call it",
  "Job.error": "Job.failure",
  "AttemptRecord.error": "AttemptRecord.failure",
  "Failed.error": "Failed.failure",
  AuditEvent: "Change",
  ListAuditEvents: "ListChanges, with its request and response",
  ListAuditEventsRequest: "ListChangesRequest",
  ListAuditEventsResponse: "ListChangesResponse",
  "mr:parked": "mr:held; mr:held:<key> becomes mr:held-classes:<key>",
  "mr:limits": "mr:budgets",
  millrace_provider_pauses_total: "millrace_provider_cooldowns_total",
};

interface Term {
  readonly term: string;
  readonly meaning: string;
  readonly names: readonly { readonly place: Place; readonly name: string }[];
  readonly not: readonly string[];
}

const quoted = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => String(name));

function readTerms(): Term[] {
  const page = readFileSync(join(root, "docs/glossary.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| (?!Term |---)/.test(line));
  return rows.map((row) => {
    const [, term = "", meaning = "", listed = "", not = ""] = row
      .split(" | ")
      .flatMap((cell) => (cell.startsWith("| ") ? ["", cell.slice(2)] : [cell]));
    const found = listed.split("; ").flatMap((part) => {
      const place = places.find((one) => part.startsWith(`${one} `));
      if (place === undefined && part !== "–")
        throw new Error(`${term}: the entry "${part}" does not begin with a place`);
      return place === undefined ? [] : quoted(part).map((name) => ({ place, name }));
    });
    return { term, meaning, names: found, not: quoted(not) };
  });
}

const terms = readTerms();

/** Types and functions that no package exports, but that a file declares under their names. */
const declaredNames = (): Set<string> => {
  const files = globSync("{packages,services}/*/src/**/*.ts", { cwd: root });
  const declaration = /^export (?:abstract )?(?:const|function|class|interface|type) (\w+)/gm;
  return new Set(
    files.flatMap((path) =>
      [...readFileSync(join(root, path), "utf8").matchAll(declaration)].map(([, name]) =>
        String(name),
      ),
    ),
  );
};

test("each term has one sentence and occurs once in the glossary", () => {
  expect(terms.length).toBeGreaterThan(40);
  const all = terms.flatMap(({ term }) => term.split(", "));
  expect(all.filter((term, index) => all.indexOf(term) !== index)).toEqual([]);
  expect(terms.filter(({ meaning }) => !/^[A-Z].*\.$/.test(meaning))).toEqual([]);
});

test("the names that the glossary lists exist", () => {
  const declared = declaredNames();
  const missing = terms.flatMap(({ term, names: listed }) =>
    listed
      .filter(({ place, name }) => {
        if (names[place].has(name)) return false;
        return place !== "TypeScript" || !declared.has(name);
      })
      .map(({ place, name }) => `${term}: there is no ${place} name ${name}`),
  );
  expect(missing).toEqual([]);
});

/** Whether a name contains the words of `ruledOut` in a row. */
function containsWords(name: string, ruledOut: string): boolean {
  const words = wordsOf(name);
  const wanted = wordsOf(ruledOut);
  return words.some((_, start) => wanted.every((word, index) => words[start + index] === word));
}

const broken = terms.flatMap(({ term, not }) =>
  not.flatMap((entry) => {
    const [, only, phrase = entry] = /^(\w+):(.+)$/.exec(entry) ?? [];
    return places
      .filter((place) => only === undefined || only === place)
      .flatMap((place) => [...names[place]].filter((name) => containsWords(name, phrase)))
      .map((name) => ({ name, why: `it says "${phrase}", but the glossary says ${term}` }));
  }),
);

test("no public name uses words that the glossary rules out", () => {
  const others = broken.filter(
    ({ name }) => !(name in toBeRenamed || String(name.split(".")[0]) in toBeRenamed),
  );
  expect(others.map(({ name, why }) => `${name}: ${why}`)).toEqual([]);
});

test("the names that await renaming exist and are ruled out", () => {
  const ruledOut = new Set(broken.map(({ name }) => name));
  expect(Object.keys(toBeRenamed).filter((name) => !ruledOut.has(name))).toEqual([]);
});

test.each([
  ["JobError", "job error", true],
  ["AttemptRecord.error", "job error", false],
  ["SubmitStreamItem.items", "item", true],
  ["mr:limits", "limit", true],
  ["rate_limited", "limit", false],
])("the name %s contains the words %s: %s", (name, phrase, expected) => {
  expect(containsWords(name, phrase)).toBe(expected);
});
