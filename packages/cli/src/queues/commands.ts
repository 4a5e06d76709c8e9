import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { listQueuesCommand } from "./list.ts";
import { pauseQueueCommand, resumeQueueCommand } from "./pause.ts";
import { putQueueCommand } from "./put.ts";

export function queueCommands(program: Command, shell: Shell): void {
  const queues = program
    .command("queues")
    .helpCommand(false)
    .summary("queues: define, list, pause")
    .description("Queues: what they take, how they share, how long they keep.");
  for (const add of [putQueueCommand, listQueuesCommand, pauseQueueCommand, resumeQueueCommand]) {
    add(queues, shell);
  }
}
