import type { Constraint, Explanation } from "@millrace/client";
import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { details, table } from "../table.ts";
import { timeText } from "../times.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

export function explainCommand(program: Command, shell: Shell): void {
  const command = program
    .command("explain")
    .summary("show why a job waits")
    .description("Shows what holds a waiting job now, and when it may start.")
    .argument("<job-id>")
    .action((jobId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const explanation = await millrace.explain(jobId, { signal: shell.interrupted });
        if (options.json) writeJson(shell, explanation);
        else writeText(shell, explanationText(explanation));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace explain documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  callerOptions(command);
}

export function explanationText(explanation: Explanation): string {
  const { state, constraints, aheadInLane, estimatedStartTime, estimateBasis } = explanation;
  const { scheduleId, scheduleDueTime } = explanation;
  const summary = details([
    ["state", state],
    [
      "jobs ahead",
      state === "QUEUED" ? `${aheadInLane} of the same key, band, pool and type` : undefined,
    ],
    ["schedule", scheduleId],
    ["due", timeText(scheduleDueTime)],
    ["starts", timeText(estimatedStartTime)],
    ["estimated from", estimateBasis === "" ? undefined : estimateBasis],
  ]);
  if (constraints.length === 0) return summary;
  const rows = constraints.map((one) => [
    one.kind,
    one.subject,
    numbers(one),
    timeText(one.clearTime) ?? "",
    one.message,
  ]);
  return `${summary}\n\n${table(["HELD BY", "SUBJECT", "USED", "CLEARS", "MEANING"], rows)}`;
}

const numbers = ({ limit, used, needed }: Constraint): string =>
  limit === 0 && used === 0 && needed === 0
    ? ""
    : `${used} of ${limit}${needed === 0 ? "" : `, needs ${needed}`}`;
