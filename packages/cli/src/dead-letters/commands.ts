import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { listDeadLettersCommand } from "./list.ts";
import { purgeDeadLettersCommand } from "./purge.ts";
import { redriveDeadLettersCommand } from "./redrive.ts";
import { showDeadLetterCommand } from "./show.ts";

export function deadLetterCommands(program: Command, shell: Shell): void {
  const deadLetters = program
    .command("dead-letters")
    .helpCommand(false)
    .summary("list, redrive or purge jobs that failed for good")
    .description(
      "Commands for dead letters, which are jobs that failed for good: look at them, submit them again, or delete them.",
    );
  for (const add of [
    listDeadLettersCommand,
    showDeadLetterCommand,
    redriveDeadLettersCommand,
    purgeDeadLettersCommand,
  ]) {
    add(deadLetters, shell);
  }
}
