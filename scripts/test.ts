// Runs every test and ends with one line that a machine can read: `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
}

const folder = mkdtempSync(join(tmpdir(), "millrace-test-"));
const file = join(folder, "report.json");
try {
  const vitest = spawnSync(
    "pnpm",
    [
      "exec",
      "vitest",
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${file}`,
      ...process.argv.slice(2),
    ],
    { stdio: "inherit" },
  );
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  // A file that fails to load has no tests to count, and yet is a failure.
  const failed = Math.max(report.numFailedTests, report.numFailedTestSuites > 0 ? 1 : 0);
  console.log(`${report.numPassedTests} passed, ${failed} failed`);
  process.exitCode = vitest.status === 0 && failed === 0 && report.numPassedTests > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
