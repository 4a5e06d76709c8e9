/**
 * Rules about the code that are tests. Each rule must find nothing in the current code, and must find the mistake
 * in each mutated copy.
 */
import { expect, test } from "vitest";
import { outOfTheirHomes } from "./homes.ts";
import { circles, impurePolicy, wrongDirections } from "./imports.ts";
import { unknownWords } from "./script-words.ts";
import { Sources } from "./sources.ts";
import { spelledFields } from "./stored-names.ts";

type Rule = (sources: Sources) => string[];

interface Mistake {
  readonly path: string;
  readonly change: (text: string) => string;
  /** Words of the violation that must be found. */
  readonly finds: string;
}

const importing = (path: string, line: string, finds: string): Mistake => ({
  path,
  change: (text) => `${line}\n${text}`,
  finds,
});
const POLICY = "services/scheduler/src/policy/retry-decision.ts";

const rules: readonly (readonly [string, Rule, readonly Mistake[]])[] = [
  [
    "imports follow the order of concepts and stay in their package",
    wrongDirections,
    [
      importing(
        "packages/engine/src/budgets/key-budgets.ts",
        'import type { Lease } from "../leases/contract.ts";',
        "leases builds on budgets",
      ),
      importing(
        "packages/engine/src/signals/lib/signals.lua",
        '--- @include "lanes/lib/lanes"',
        "lanes builds on signals",
      ),
      importing(
        "packages/engine/src/jobs/list-jobs.ts",
        'import type { Engine } from "../engine.ts";',
        "joins all concepts",
      ),
      importing(
        "services/gateway/src/main.ts",
        'import { x } from "../../scheduler/src/service.ts";',
        "name the package instead",
      ),
      importing(
        "packages/engine/src/jobs/list-jobs.ts",
        'import { setup } from "../../test/setup.ts";',
        "not production code",
      ),
    ],
  ],
  [
    "policy decides only by its arguments",
    impurePolicy,
    [
      importing(POLICY, 'import { readFileSync } from "node:fs";', "node:fs"),
      importing(POLICY, 'import type { Engine } from "@millrace/engine";', "@millrace/engine"),
      importing(POLICY, 'import { Leasing } from "../leasing/leasing.ts";', "leasing.ts"),
    ],
  ],
  [
    "there are no import cycles",
    circles,
    [
      importing(
        "packages/shared/src/clock.ts",
        'import type { Backoff } from "./index.ts";',
        "packages/shared/src/clock.ts >",
      ),
      importing(
        "packages/engine/src/lanes/lib/pace.lua",
        '--- @include "lanes/lib/pace"',
        "pace.lua > packages",
      ),
    ],
  ],
  [
    "scripts take the names of stored fields from one table",
    spelledFields,
    [
      {
        path: "packages/engine/src/jobs/lib/ends.lua",
        change: (text) => text.replace("F.finished_ms", '"finishedOn"'),
        finds: 'spells the field "finishedOn"',
      },
      {
        path: "packages/engine/src/accounts/reset_account.lua",
        change: (text) => text.replace("F.account_generation", '"gen"'),
        finds: 'spells the field "gen"',
      },
    ],
  ],
  [
    "every word that scripts return is known to TypeScript",
    unknownWords,
    [
      {
        path: "packages/engine/src/budgets/lib/budgets.lua",
        change: (text) => text.replace('"KEY_DAILY_TOKENS"', '"KEY_DAILY_TOKEN"'),
        finds: "says KEY_DAILY_TOKEN,",
      },
      {
        path: "packages/engine/src/leases/reap_leases.lua",
        change: (text) => text.replace('"STALLED"', '"STALED"'),
        finds: "says STALED,",
      },
      {
        path: "packages/engine/src/leases/settle.lua",
        change: (text) => text.replace('return "REPEATED"', 'return "AGAIN"'),
        finds: "says AGAIN,",
      },
      {
        path: "packages/engine/src/leases/settle.ts",
        change: (text) => text.replace('"REPEATED"', '"AGAIN"').replace('"INVALID"', '"BAD"'),
        finds: "reads only SETTLED, LEASE_LOST",
      },
    ],
  ],
  [
    "time, random numbers and the environment are arguments",
    outOfTheirHomes,
    ["Date.now()", "performance.now()", "Math.random()", "process.env.HOME", "setTimeout(run, 1)"]
      .concat(["setInterval(run, 1)", "new Date()", "randomUUID()"])
      .map((use) => ({
        path: POLICY,
        change: (text: string) => `${text}\nexport const used = () => ${use};\n`,
        finds: use
          .replace(/\(.+\)$/, "")
          .replace(/\(\)$/, "")
          .replace(".HOME", ""),
      })),
  ],
];

test.each(rules)("%s", (_, rule) => {
  expect(rule(Sources.ofRepository())).toEqual([]);
});

test.each(
  rules.flatMap(([name, rule, mistakes]) =>
    mistakes.map((mistake) => [name, mistake.path, mistake.finds, rule, mistake] as const),
  ),
)("%s: a mistake in %s is found (%s)", (_name, _path, finds, rule, { path, change }) => {
  const found = rule(Sources.ofRepository().with(path, change));
  expect(found.join("\n")).toContain(finds);
});
