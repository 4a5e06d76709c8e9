import { AdminService } from "@millrace/proto/admin-service";
import { UsageGrouping, type UsageRow, UsageRowSchema } from "@millrace/proto/admin-usage";
import { type Command, InvalidArgumentError } from "commander";
import { csv as csvText } from "./csv.ts";
import { given } from "./given.ts";
import { writeMessage } from "./messages.ts";
import { writeText } from "./output.ts";
import type { Shell } from "./shell.ts";
import { table } from "./table.ts";
import { list } from "./values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "./with-admin.ts";

interface Options extends OperatorOptions {
  readonly from?: string;
  readonly to?: string;
  readonly key?: string;
  readonly by?: readonly Grouping[];
  readonly csv?: boolean;
}

const groupings = ["day", "key", "pool", "model"] as const;
type Grouping = (typeof groupings)[number];

const messages = {
  day: UsageGrouping.DAY,
  key: UsageGrouping.KEY,
  pool: UsageGrouping.POOL,
  model: UsageGrouping.MODEL,
} as const satisfies Record<Grouping, UsageGrouping>;

const PAGE_SIZE = 5_000;

export function usageCommand(program: Command, shell: Shell): void {
  const command = program
    .command("usage")
    .summary("what API keys have spent")
    .description(
      "Shows what API keys have spent: jobs, attempts and tokens, by day (UTC), key, pool and model. The pool is the provider account. Usage is kept for 93 days.",
    )
    .option("--from <day>", "the first day, such as 2027-01-31; default: the last day")
    .option("--to <day>", "the last day; default: today")
    .option("--key <key-id>", "only this API key")
    .option("--by <groupings>", "add up by day, key, pool or model, separated by commas", grouping)
    .option("--csv", "print comma-separated values with a header line")
    .action(({ from, to, key, by = [], csv = false, ...options }: Options) =>
      withAdmin(shell, options, async (admin) => {
        const rows: UsageRow[] = [];
        let pageToken = "";
        do {
          const page = await admin.call(
            AdminService.method.listUsage,
            {
              ...given({ firstDay: from, lastDay: to, keyId: key }),
              groupBy: by.map((one) => messages[one]),
              ...{ pageSize: PAGE_SIZE, pageToken },
            },
            { signal: shell.interrupted },
          );
          if (options.json) for (const row of page.rows) writeMessage(shell, UsageRowSchema, row);
          else rows.push(...page.rows);
          pageToken = page.nextPageToken;
        } while (pageToken !== "");
        if (options.json) return;
        const shown = by.length === 0 ? groupings : groupings.filter((one) => by.includes(one));
        if (csv) writeText(shell, csvOf(shown, rows));
        else writeText(shell, rows.length === 0 ? "Nothing was spent." : tableOf(shown, rows));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace usage
  $ millrace usage --from 2027-01-01 --to 2027-01-31 --by key,model
  $ millrace usage --from 2027-01-01 --to 2027-01-31 --csv > january.csv`,
    );
  operatorOptions(command);
}

function grouping(text: string): Grouping[] {
  return list(text).map((word) => {
    const found = groupings.find((one) => one === word);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`"${word}" is none of ${groupings.join(", ")}.`);
  });
}

const words: Readonly<Record<Grouping, (row: UsageRow) => string>> = {
  day: ({ day }) => day,
  key: ({ keyId }) => keyId,
  pool: ({ pool }) => pool,
  model: ({ model }) => model,
};

/** The amounts of a row, by their names in a header of comma-separated values. */
const amounts: Readonly<Record<string, (row: UsageRow) => bigint | number>> = {
  jobs: ({ jobs }) => jobs,
  attempts: ({ attempts }) => attempts,
  input_tokens: ({ usage }) => usage?.inputTokens ?? 0n,
  cached_input_tokens: ({ usage }) => usage?.cachedInputTokens ?? 0n,
  output_tokens: ({ usage }) => usage?.outputTokens ?? 0n,
  reasoning_tokens: ({ usage }) => usage?.reasoningTokens ?? 0n,
  provider_calls: ({ usage }) => usage?.providerCalls ?? 0,
  compute_ms: ({ usage }) => usage?.computeMs ?? 0n,
};

const cellsOf = (shown: readonly Grouping[], row: UsageRow): string[] => [
  ...shown.map((one) => words[one](row)),
  ...Object.values(amounts).map((amount) => String(amount(row))),
];

const HEAD = ["JOBS", "ATTEMPTS", "IN", "CACHED", "OUT", "THOUGHT", "CALLS", "CPU MS"];

const tableOf = (shown: readonly Grouping[], rows: readonly UsageRow[]): string =>
  table(
    [...shown.map((one) => one.toUpperCase()), ...HEAD],
    rows.map((row) => cellsOf(shown, row).map((cell) => (cell === "" ? "-" : cell))),
  );

const csvOf = (shown: readonly Grouping[], rows: readonly UsageRow[]): string =>
  csvText([[...shown, ...Object.keys(amounts)], ...rows.map((row) => cellsOf(shown, row))]);
