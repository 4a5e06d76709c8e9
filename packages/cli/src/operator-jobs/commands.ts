import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { cancelAnyJobCommand } from "./cancel.ts";
import { cancelAllJobsCommand } from "./cancel-all.ts";
import { explainAnyJobCommand } from "./explain.ts";
import { getAnyJobCommand } from "./get.ts";
import { listAnyJobsCommand } from "./list.ts";
import { watchAnyJobCommand } from "./watch.ts";

export function operatorJobCommands(program: Command, shell: Shell): void {
  const jobs = program
    .command("jobs")
    .helpCommand(false)
    .summary("jobs of any API key")
    .description(
      "Commands for jobs of any API key. They call as an operator. Callers have the commands list, get, explain, watch and cancel.",
    );
  for (const add of [
    listAnyJobsCommand,
    getAnyJobCommand,
    explainAnyJobCommand,
    watchAnyJobCommand,
    cancelAnyJobCommand,
    cancelAllJobsCommand,
  ]) {
    add(jobs, shell);
  }
}
