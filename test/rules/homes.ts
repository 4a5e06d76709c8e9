import { codeOf, type Sources } from "./sources.ts";

interface Home {
  readonly what: RegExp;
  readonly instead: string;
  /** Files that may, and folders. */
  readonly homes: readonly string[];
}

/** Processes end by what they are given: only where they begin is the environment read. */
const beginnings = ["packages/cli/src/main.ts", "services/gateway/src/main.ts"].concat([
  ...["services/scheduler/src/main.ts", "services/worker/src/main.ts"],
  // Starts the services of one machine, and is one itself.
  "packages/local/src/",
]);

const table: readonly Home[] = [
  {
    what: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.\w+/,
    instead: "take a Clock as an argument, and read it once a decision",
    // A thread asks how long another did not answer, of which no clock of that one can tell.
    homes: ["packages/shared/src/clock.ts", "packages/worker-sdk/src/stream/stream-thread.ts"],
  },
  {
    what: /\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\bgetRandomValues\b/,
    instead: "take a Random as an argument",
    homes: ["packages/shared/src/random.ts"],
  },
  {
    what: /(?<!\.)\bset(?:Timeout|Interval)\b|\btimers\/promises\b/,
    instead: "use Clock.after",
    homes: [
      "packages/shared/src/clock.ts",
      // A timer that holds a process open, and does nothing.
      "packages/shared/src/hold-process.ts",
    ],
  },
  {
    what: /\bprocess\.env\b/,
    instead: "name the setting in config.ts, and pass its value on",
    homes: beginnings,
  },
];

/** Time, chance and the environment outside their homes. */
export function outOfTheirHomes(sources: Sources): string[] {
  return sources.paths
    .filter((path) => path.endsWith(".ts") && !path.startsWith("packages/testing/"))
    .flatMap((path) => {
      const code = codeOf(sources.read(path));
      return table
        .filter(({ homes }) => !homes.some((home) => path === home || path.startsWith(home)))
        .flatMap(({ what, instead }) => {
          const used = what.exec(code)?.[0];
          return used === undefined ? [] : [`${path} uses ${used}: ${instead}`];
        });
    });
}
