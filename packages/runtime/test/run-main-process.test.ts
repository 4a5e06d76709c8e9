import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

const program = `
  const { runMain } = await import(process.argv[1]);
  await runMain(async (scope) => {
    scope.use({ close: () => console.log("closed") });
    setImmediate(() => console.log("started"));
  });
`;

test("keeps a process with nothing open alive until SIGTERM, closes its parts and exits with 0", async () => {
  const entry = new URL("../src/run-main.ts", import.meta.url).href;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, entry]);
  const exited = once(child, "exit");
  let output = "";
  child.stdout.on("data", (text) => {
    output += text;
    if (output === "started\n") child.kill("SIGTERM");
  });
  expect(await exited).toEqual([0, null]);
  expect(output).toBe("started\nclosed\n");
});
