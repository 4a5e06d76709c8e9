import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { listWorkersCommand } from "./list.ts";

export function workerCommands(program: Command, shell: Shell): void {
  const workers = program
    .command("workers")
    .helpCommand(false)
    .summary("list connected workers")
    .description("Commands for workers: which are connected, and what they serve.");
  listWorkersCommand(workers, shell);
}
