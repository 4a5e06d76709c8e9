import type { Job, JobState } from "@millrace/client";
import { jobStates } from "@millrace/shared";
import { type Command, InvalidArgumentError } from "commander";
import { given } from "../given.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { label, wholeNumber } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

interface Options extends CallerOptions {
  readonly queue: string;
  readonly state?: readonly JobState[];
  readonly type?: string;
  readonly label?: [name: string, value: string];
  readonly limit: number;
}

const MOST_A_PAGE = 500;

export function listCommand(program: Command, shell: Shell): void {
  const command = program
    .command("list")
    .summary("list jobs, newest first")
    .description("Lists the API key's jobs in a queue, newest first.")
    .option("--queue <name>", "the queue", "documents")
    .option("--state <states>", "only jobs in these states, separated by commas", states)
    .option("--type <type>", "only jobs of this type")
    .option("--label <name=value>", "only jobs with this label", label)
    .option("--limit <count>", "show at most this many; 0 shows all", wholeNumber, 20)
    .action(({ queue, state, type, label: wanted, limit, ...options }: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const filter = {
          queue,
          pageSize: limit === 0 ? MOST_A_PAGE : Math.min(limit, MOST_A_PAGE),
          ...given({ states: state, type }),
          ...(wanted === undefined ? {} : { label: { name: wanted[0], value: wanted[1] } }),
        };
        const jobs: Job[] = [];
        let more = false;
        for await (const job of millrace.list(filter, { signal: shell.interrupted })) {
          if (limit !== 0 && jobs.length === limit) {
            more = true;
            break;
          }
          jobs.push(job);
          if (options.json) writeJson(shell, job);
        }
        if (!options.json)
          writeText(shell, jobs.length === 0 ? "There are no jobs." : jobTable(jobs));
        if (more)
          note(
            shell,
            `There are more jobs: --limit ${limit * 10} shows more of them, --limit 0 shows all.`,
          );
      }),
    )
    .addHelpText(
      "after",
      `
States: ${jobStates.join(", ")}.

Examples:
  $ millrace list --state failed,expired --limit 100
  $ millrace list --queue documents --label customer=acme --json | jq -r .id`,
    );
  callerOptions(command);
}

export function states(text: string): JobState[] {
  return text.split(",").map((word) => {
    const found = jobStates.find((state) => state === word.trim().toUpperCase());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(
      `"${word}" is not a state. The states are: ${jobStates.join(", ")}.`,
    );
  });
}

export const jobTable = (jobs: readonly Job[]): string =>
  table(
    ["JOB", "STATE", "TYPE", "PRIORITY", "ATTEMPT", "SUBMITTED", "FINISHED"],
    jobs.map((job) => [
      job.id,
      job.state,
      job.type,
      String(job.priority),
      `${job.attempt}/${job.maxAttempts}`,
      timeText(job.submitTime) ?? "",
      timeText(job.finishTime) ?? "",
    ]),
  );
