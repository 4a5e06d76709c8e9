import { basename } from "node:path";
import { newJobId, type QueueName, systemRandom } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { loadLua } from "../src/redis/define-script.ts";
import { jobKeyTypes, keyOfJob, laneId, shardKeyTypes } from "../src/redis/keys.ts";
import { boundScript, libraries, luaPath, luaSource, scripts } from "./scripts.ts";
import { setup } from "./setup.ts";

/** The entries of a script's header: the text after each word in capitals, with continuation lines joined. */
function header(name: string): Readonly<Record<string, string>> {
  const lines = luaSource(name).split("\n");
  const entries: Record<string, string> = { title: lines[0] ?? "" };
  let open: string | undefined;
  for (const line of lines.slice(1)) {
    if (!line.startsWith("--") || line.startsWith("---")) break;
    const entry = /^-- ([A-Z]+)\b\s*(.*)$/.exec(line);
    const more = /^--\s{5,}(\S.*)$/.exec(line);
    if (entry?.[1] !== undefined) {
      open = entry[1];
      entries[open] = entry[2] ?? "";
    } else if (more?.[1] !== undefined && open !== undefined) {
      entries[open] += ` ${more[1]}`;
    } else {
      open = undefined;
    }
  }
  return entries;
}

/** The names that a text like "a, b; per x: c, d, and so many times e" lists. */
function argumentNames(text: string) {
  const [fixed = "", perItem = ""] = text.split(/; per \w+: /);
  const [item = "", sub = ""] = perItem.split(/, and so many times /);
  const list = (part: string) => (part === "" ? [] : part.split(/,\s*/));
  return { argv: list(fixed), perItem: list(item), perSubItem: list(sub) };
}

test.each(scripts)(
  "%s: its header lists the arguments that its binding sends and its body reads",
  async (name) => {
    const { title, KEYS, ARGV, RETURNS, REPEAT } = header(name);
    const body = luaSource(name);
    expect(title).toMatch(new RegExp(`^-- ${basename(name)}: \\w`));
    expect(KEYS).toMatch(/^base(, which is the \w+)?$/);
    expect(RETURNS).toBeTruthy();
    expect(REPEAT).toMatch(/^(not )?safe/);
    const { binding } = await boundScript(name);
    expect(binding.name).toBe(basename(name));
    const { argv, perItem, perSubItem } = argumentNames(ARGV ?? "");
    expect(argv).toEqual(binding.argv);
    expect(perItem).toEqual(binding.perItem ?? []);
    expect(perSubItem).toEqual(binding.perSubItem ?? []);
    if (KEYS !== "base, which is the key") expect(body).toContain("local base = KEYS[1]");
    argv.forEach((argument, index) => {
      expect(body).toMatch(new RegExp(`local ${argument} = .*ARGV\\[${index + 1}\\]`));
    });
    perItem.forEach((argument, index) => {
      expect(body).toMatch(new RegExp(`local ${argument} = .*ARGV\\[at \\+ ${index + 1}\\]`));
    });
    for (const argument of perSubItem) {
      expect(body).toMatch(new RegExp(`local ${argument} = .*ARGV\\[at \\+ `));
    }
  },
);

test.each([...scripts, ...libraries])(
  "%s: touches only the keys that its header lists, as their types",
  (name) => {
    const touched = new Map(
      [...(header(name).TOUCHES ?? "").matchAll(/([\w:-]+) \((\w+)\)/g)].map(([, key, type]) => [
        key ?? "",
        type ?? "",
      ]),
    );
    const text = luaSource(name);
    const body = text
      .split("\n")
      .filter((line) => !line.startsWith("--"))
      .join("\n");
    for (const [key, type] of touched) {
      expect([key, type]).toEqual([key, shardKeyTypes[key]]);
      expect(body).toMatch(new RegExp(`\\b${key}`));
    }
    const used = [
      ...[...body.matchAll(/base \.\. "([\w:-]+)"/g)].map((match) => match[1] ?? ""),
      ...[...body.matchAll(/"(mr:[\w:-]+)"/g)].map((match) => match[1] ?? ""),
    ];
    expect(used.filter((key) => !touched.has(key))).toEqual([]);
    const suffixes = [...body.matchAll(/job_key \.\. "(:\w+)"/g)].map((match) => match[1] ?? "");
    const bullMqs = [":logs", ":dependencies", ":processed", ":failed", ":unsuccessful"];
    expect(suffixes.filter((s) => !(s in jobKeyTypes) && !bullMqs.includes(s))).toEqual([]);
    for (const [, command = "", key = ""] of body.matchAll(
      /rcall\("([A-Z]+)", base \.\. "([\w:-]+)"/g,
    )) {
      const type = typeOf(command);
      if (type !== undefined)
        expect([command, key, shardKeyTypes[key]]).toEqual([command, key, type]);
    }
  },
);

/** Names that scripts themselves must declare for the libraries that they include. */
const GIVEN = ["base", "rcall", "now_ms", "now_text", "max_events", "keep_failed_ms"].concat([
  "keep_succeeded_ms",
  "depth_limit",
  "top_priority",
  "bytes_limit",
  "most_jobs",
]);
const modules = libraries.flatMap(
  (name) => /^local (\w+) = \{/m.exec(luaSource(name))?.slice(1) ?? [],
);

test.each(libraries)("%s: its Needs line lists everything that it needs", (name) => {
  const text = loadLua(luaPath(name))
    .replaceAll(/--.*$/gm, "")
    .replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '""');
  const declared = [
    ...text.matchAll(/\blocal (?!function)([\w, ]+)/g),
    ...text.matchAll(/\bfunction [\w.]*\(([^)]*)\)/g),
    ...text.matchAll(/\bfor ([\w, ]+) in\b/g),
    ...text.matchAll(/\blocal function (\w+)/g),
  ].flatMap(([, names = ""]) => names.trim().split(/\s*,\s*/));
  const used = [...GIVEN, ...modules].filter((word) =>
    new RegExp(`(?<![.\\w])${word}\\b(?! =[^=])`).test(text),
  );
  const needs = /^-- Needs ((?:.*\n--\s+)*?[^\n]*\.)\n/m.exec(luaSource(name))?.[1] ?? "";
  const declaredNeeds = [...needs.matchAll(/`(\w+)`/g)].map(([, word = ""]) => word);
  // Names that are local to another part of the same library are not in this text.
  const own = /local to/.test(needs) ? ["lanes"] : [];
  const missing = used.filter((word) => ![...declaredNeeds, ...declared, ...own].includes(word));
  expect(missing, "not named in its Needs").toEqual([]);
});

/** The type of key that a command works on; undefined if it works on any type. */
function typeOf(command: string): string | undefined {
  if (["EXISTS", "DEL", "PEXPIRE", "TYPE"].includes(command)) return;
  if (command === "PUBLISH") return "channel";
  if (/^(GET|SET|INCR)/.test(command)) return "string";
  if (/^S(ADD|REM|MEMBERS|CARD)/.test(command)) return "set";
  const types: Record<string, string> = { Z: "zset", H: "hash", L: "list", R: "list", X: "stream" };
  return types[command[0] ?? ""];
}

test.each(scripts)("%s: no two of its parts declare the same name", (name) => {
  const declared = loadLua(luaPath(name))
    .split("\n")
    .flatMap(
      (line) => /^local (?:function )?([\w, ]+?)(?:\(| =|$)/.exec(line)?.[1]?.split(/,\s*/) ?? [],
    )
    .filter((declaration) => declaration !== "_");
  expect(declared.filter((declaration, index) => declared.indexOf(declaration) !== index)).toEqual(
    [],
  );
});

test("TypeScript and Lua spell lane ids in the same way, on both sides of each band's limits", async () => {
  const { url } = await setup();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const lanes = loadLua(luaPath("lanes/lib/lanes"));
  const id = newJobId("documents" as QueueName, "k7f3" as never, 1, systemRandom);
  for (const priority of [1, 10, 11, 50, 51, 100]) {
    for (const pool of ["", "openai/gpt-5"]) {
      const lua = await redis.eval(
        `local base, rcall = "x:", redis.call\n${lanes}\nreturn lanes.id(ARGV[1], tonumber(ARGV[2]), ARGV[3])`,
        ...[0, id, priority, pool],
      );
      expect(lua).toBe(laneId(keyOfJob(id), priority, pool));
    }
  }
});

test("a server that has lost the scripts is sent them again", async () => {
  const { engine, job, url } = await setup();
  await engine.submit([job("aaaa")]);
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  await redis.script("FLUSH");
  expect(await engine.submit([job("aaaa")])).toEqual([{ kind: "accepted" }]);
});
