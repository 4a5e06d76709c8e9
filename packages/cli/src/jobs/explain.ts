import type { Constraint, Explanation, RouteExplanation } from "@millrace/client";
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
  const { scheduleId, scheduleDueTime, model, routes } = explanation;
  const summary = details([
    ["state", state],
    [
      "jobs ahead",
      state === "QUEUED"
        ? `${aheadInLane} of the same key, band, ${model === undefined ? "pool" : "model"} and type`
        : undefined,
    ],
    ["model", model],
    ["schedule", scheduleId],
    ["due", timeText(scheduleDueTime)],
    ["starts", timeText(estimatedStartTime)],
    ["estimated from", estimateBasis === "" ? undefined : estimateBasis],
  ]);
  const parts = [
    summary,
    ...(constraints.length === 0 ? [] : [constraintTable(constraints)]),
    ...(routes.length === 0 ? [] : [routeTable(routes)]),
  ];
  return parts.join("\n\n");
}

export function constraintTable(constraints: readonly Constraint[]): string {
  const rows = constraints.map((one) => [
    one.kind,
    one.subject,
    numbers(one),
    timeText(one.clearTime) ?? "",
    one.message,
  ]);
  return table(["HELD BY", "SUBJECT", "USED", "CLEARS", "MEANING"], rows);
}

/** A row for each thing that holds a route. A route that nothing holds has one row too. */
function routeTable(routes: readonly RouteExplanation[]): string {
  const rows = routes.flatMap(({ account, model, constraints, failed }, index) => {
    const route = [String(index + 1), account, model, failed ? "yes" : "no"];
    if (constraints.length === 0) return [[...route, "-", "", "open"]];
    return constraints.map((one) => [
      ...route,
      ...[one.kind, timeText(one.clearTime) ?? "", one.message],
    ]);
  });
  return table(
    ["ROUTE", "ACCOUNT", "PROVIDER'S MODEL", "FAILED", "HELD BY", "CLEARS", "MEANING"],
    rows,
  );
}

const numbers = ({ limit, used, needed }: Constraint): string =>
  limit === 0 && used === 0 && needed === 0
    ? ""
    : `${used} of ${limit}${needed === 0 ? "" : `, needs ${needed}`}`;
