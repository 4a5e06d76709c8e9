// Runs every test. Its last line is for machines: `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly ancestorTitles: readonly string[];
      readonly title: string;
    }[];
  }[];
}

/**
 * Returns what was skipped, so that nobody takes it for passed: the name of each group, or of a test outside a
 * group.
 */
function skippedIn({ testResults }: Report): readonly string[] {
  const skipped = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== "passed" && status !== "failed");
  return [...new Set(skipped.map(({ ancestorTitles: [group], title }) => group || title))];
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
  // A file that does not load has no tests to count, but it is a failure.
  const failed = Math.max(report.numFailedTests, report.numFailedTestSuites > 0 ? 1 : 0);
  for (const name of skippedIn(report)) console.log(`SKIPPED: ${name}`);
  console.log(`${report.numPassedTests} passed, ${failed} failed`);
  process.exitCode = vitest.status === 0 && failed === 0 && report.numPassedTests > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
