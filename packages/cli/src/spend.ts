import { AdminService } from "@millrace/proto/admin-service";
import { SpendGrouping, type SpendRow, SpendRowSchema } from "@millrace/proto/spend";
import { type Command, InvalidArgumentError } from "commander";
import { csv } from "./csv.ts";
import { dollarsText } from "./dollars.ts";
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
  readonly since?: number;
  readonly key?: string;
  readonly by?: Grouping;
  readonly csv?: boolean;
}

const messages = {
  day: SpendGrouping.DAY,
  key: SpendGrouping.KEY,
  model: SpendGrouping.MODEL,
  account: SpendGrouping.ACCOUNT,
} as const;
type Word = keyof typeof messages;
const words = Object.keys(messages) as Word[];
const LABEL = "label:";

/** What rows differ by. */
interface Grouping {
  readonly words: readonly Word[];
  readonly labels: readonly string[];
}

const PAGE_SIZE = 5_000;
const DAY_MS = 86_400_000;
/** As the contract says. */
const MOST_DAYS = 93;

export function spendCommand(program: Command, shell: Shell): void {
  const command = program
    .command("spend")
    .summary("what the jobs of API keys cost")
    .description(
      "Shows what the attempts of API keys cost, in US dollars, by day (UTC), key, model, account and label. Attempts without a known price are counted in UNPRICED, and cost nothing here.",
    )
    .option("--since <days>", "the last days, today included, such as 7d", since)
    .option("--from <day>", "the first day, such as 2027-01-31; default: the last day")
    .option("--to <day>", "the last day; default: today")
    .option("--key <key-id>", "only this API key")
    .option(
      "--by <groupings>",
      "add up by day, key, model, account or label:NAME, separated by commas",
      grouping,
    )
    .option("--csv", "print comma-separated values with a header line")
    .action(({ from, to, since: days, key, by = { words, labels: [] }, ...options }: Options) =>
      withAdmin(shell, options, async (admin) => {
        if (days !== undefined && from !== undefined) {
          throw new InvalidArgumentError("--since and --from exclude each other.");
        }
        const rows: SpendRow[] = [];
        let pageToken = "";
        do {
          const { page } = await admin.call(
            AdminService.method.listSpend,
            {
              ...given({ keyId: key }),
              filter: {
                ...given({ firstDay: from ?? firstOf(days, to, shell.clock.nowMs()), lastDay: to }),
                groupBy: by.words.map((one) => messages[one]),
                groupLabels: [...by.labels],
                ...{ pageSize: PAGE_SIZE, pageToken },
              },
            },
            { signal: shell.interrupted },
          );
          const found = page?.rows ?? [];
          if (options.json) for (const row of found) writeMessage(shell, SpendRowSchema, row);
          else rows.push(...found);
          pageToken = page?.nextPageToken ?? "";
        } while (pageToken !== "");
        if (options.json) return;
        if (options.csv) writeText(shell, csvOf(by, rows));
        else writeText(shell, rows.length === 0 ? "Nothing was spent." : tableOf(by, rows));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace spend
  $ millrace spend --since 7d --by key,model
  $ millrace spend --from 2027-01-01 --to 2027-01-31 --by label:team --csv > january.csv`,
    );
  operatorOptions(command);
}

function since(text: string): number {
  const days = Number(/^(\d{1,3})d$/.exec(text)?.[1] ?? 0);
  if (days >= 1 && days <= MOST_DAYS) return days;
  throw new InvalidArgumentError(`It must be 1d to ${MOST_DAYS}d.`);
}

/** The first day of the last `days` days. */
function firstOf(days: number | undefined, to: string | undefined, nowMs: number) {
  if (days === undefined) return undefined;
  const lastMs = to === undefined ? nowMs : Date.parse(`${to}T00:00:00Z`);
  // The scheduler says what is wrong with the last day.
  if (Number.isNaN(lastMs)) return undefined;
  return new Date(lastMs - (days - 1) * DAY_MS).toISOString().slice(0, 10);
}

function grouping(text: string): Grouping {
  const named = list(text);
  const wrong = named.find((one) => !one.startsWith(LABEL) && !words.includes(one as Word));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(`"${wrong}" is none of ${words.join(", ")}, ${LABEL}NAME.`);
  }
  return {
    words: words.filter((one) => named.includes(one)),
    labels: named.filter((one) => one.startsWith(LABEL)).map((one) => one.slice(LABEL.length)),
  };
}

const ofRow: Readonly<Record<Word, (row: SpendRow) => string>> = {
  day: ({ day }) => day,
  key: ({ keyId }) => keyId,
  model: ({ model }) => model,
  account: ({ account }) => account,
};

/** The amounts of a row, by their names in a header of comma-separated values. */
const amounts: Readonly<Record<string, (row: SpendRow) => bigint | string>> = {
  attempts: ({ attempts }) => attempts,
  unpriced_attempts: ({ unpricedAttempts }) => unpricedAttempts,
  input_tokens: ({ inputTokens }) => inputTokens,
  cached_input_tokens: ({ cachedInputTokens }) => cachedInputTokens,
  output_tokens: ({ outputTokens }) => outputTokens,
  reasoning_tokens: ({ reasoningTokens }) => reasoningTokens,
  provider_calls: ({ providerCalls }) => providerCalls,
  cost_usd: ({ costMicros }) => dollarsText(costMicros),
};

const cellsOf = (by: Grouping, row: SpendRow): string[] => [
  ...by.words.map((one) => ofRow[one](row)),
  ...by.labels.map((label) => (row.otherLabels ? "*" : (row.labels[label] ?? ""))),
  ...Object.values(amounts).map((amount) => String(amount(row))),
];

const HEAD = ["ATTEMPTS", "UNPRICED", "IN", "CACHED", "OUT", "THOUGHT", "CALLS", "USD"];

const tableOf = (by: Grouping, rows: readonly SpendRow[]): string =>
  table(
    [...by.words.map((one) => one.toUpperCase()), ...by.labels, ...HEAD],
    rows.map((row) => cellsOf(by, row).map((cell) => (cell === "" ? "-" : cell))),
  );

const csvOf = (by: Grouping, rows: readonly SpendRow[]): string =>
  csv([
    [...by.words, ...by.labels, ...Object.keys(amounts)],
    ...rows.map((row) => cellsOf(by, row)),
  ]);
