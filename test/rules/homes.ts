import { codeOf, type Sources } from "./sources.ts";

interface Home {
  readonly what: RegExp;
  readonly instead: string;
  /** The files and folders that may use it. */
  readonly homes: readonly string[];
}

/** Only entry points read the environment. All other code gets its settings as arguments. */
const beginnings = ["packages/cli/src/main.ts", "services/gateway/src/main.ts"].concat([
  ...["services/scheduler/src/main.ts", "services/worker/src/main.ts"],
  // The package starts the services of one machine, so it is an entry point itself.
  "packages/local/src/",
]);

const table: readonly Home[] = [
  {
    what: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.\w+/,
    instead: "take a Clock as an argument, and read it once for each decision",
    // The thread measures how long the main thread did not answer. No clock of the main thread can tell that.
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
      // A timer that only keeps a process alive.
      "packages/shared/src/hold-process.ts",
    ],
  },
  {
    what: /\bprocess\.env\b/,
    instead: "name the setting in config.ts, and pass its value on",
    homes: beginnings,
  },
];

/** Returns the uses of time, random numbers and the environment outside the files that may use them. */
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
