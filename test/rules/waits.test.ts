import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const files = globSync("{packages,services,test}/**/*.ts", {
  cwd: root,
  exclude: (name) => name === "node_modules" || name === "dist",
});

/** The calls of these names in a text, with their arguments. */
function callsOf(text: string, names: RegExp): string[] {
  return [...text.matchAll(names)].map(({ index, 0: { length } }) => {
    let end = index + length;
    for (let open = 1; open > 0 && end < text.length; end += 1) {
      if (text[end] === "(") open += 1;
      if (text[end] === ")") open -= 1;
    }
    return text.slice(index, end);
  });
}

/** Without it, Vitest gives up after a second, which a busy machine can take. */
const namesItsTime = (call: string) => /timeout|patien|, \w+,?\s*\)$/i.test(call);

test("every wait of a test says how long it may take", () => {
  const waits = /\b(?:vi\.waitFor|vi\.waitUntil|expect\.poll)\(/g;
  const calls = files.flatMap((file) =>
    callsOf(readFileSync(join(root, file), "utf8"), waits).map((call) => `${file}: ${call}`),
  );
  expect(calls.length).toBeGreaterThan(30);
  expect(calls.filter((call) => !namesItsTime(call))).toEqual([]);
});
