import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { listQueuesCommand } from "./list.ts";
import { pauseQueueCommand, resumeQueueCommand } from "./pause.ts";
import { putQueueCommand } from "./put.ts";

export function queueCommands(program: Command, shell: Shell): void {
  const queues = program
    .command("queues")
    .helpCommand(false)
    .summary("define, list or pause queues")
    .description(
      "Commands for queues: which jobs they take, how keys share them, and how long they keep jobs.",
    );
  for (const add of [putQueueCommand, listQueuesCommand, pauseQueueCommand, resumeQueueCommand]) {
    add(queues, shell);
  }
}
