import { expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

test("demo summarises a book of more than 200 pages and exits with 0", async () => {
  const { lines, code, says } = runCommand("demo");
  await says(/submitted {2}job documents~\w+~\w+$/);
  expect(await code).toBe(0);
  const [, pages] =
    /succeeded {2}(\d+) pages in \d+ parts: [\d.]+ s$/.exec(lines.at(-1) ?? "") ?? [];
  expect(Number(pages)).toBeGreaterThanOrEqual(200);
  const submitted = lines.findIndex((line) => line.includes("submitted"));
  expect(lines.slice(submitted).join(" ")).toMatch(/summarising parts: \d+ of \d+ .*whale/i);
  expect(lines.join("\n")).toContain("killed     a worker: its parts run again in the other one");
  // The output has no control sequences, because it is not a terminal.
  expect(lines.join("")).not.toContain("\x1b");
});

test("an error says what to do, and the exit code is 1", async () => {
  const { code, lines } = runCommand("demo", { MILLRACE_REDIS_SERVER: "/nowhere/redis-server" });
  expect(await code).toBe(1);
  expect(lines.at(-1)).toBe(
    "millrace: MILLRACE_REDIS_SERVER: the file /nowhere/redis-server does not exist. Correct the path, or leave the variable out.",
  );
});
