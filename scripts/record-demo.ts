// `node scripts/record-demo.ts`: runs the demo on a terminal, and draws docs/demo.svg from what it printed and when. Run it after
// the book has been typeset once.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Printed, terminalPicture } from "./terminal-picture.ts";

const root = join(import.meta.dirname, "..");
const printed: Printed[] = [];
const begin = performance.now();
// The program `script` of util-linux gives the demo a terminal.
const demo = spawn(
  "script",
  ["-qefc", `stty cols 100; exec "${process.execPath}" scripts/demo.ts`, "/dev/null"],
  { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
);
demo.stdout.setEncoding("utf8").on("data", (text: string) => {
  process.stdout.write(text);
  printed.push({ atMs: performance.now() - begin, text });
});
const [code] = await once(demo, "close");
if (code !== 0) {
  process.stderr.write(`millrace: the demo ended with ${code}, so nothing was drawn\n`);
  process.exitCode = 1;
} else {
  const title =
    "npm run demo: a job summarises a book on two workers, one of which is killed. Recorded from a run; it plays faster, and pauses are shortened.";
  writeFileSync(join(root, "docs/demo.svg"), terminalPicture(title, "npm run demo", printed));
}
