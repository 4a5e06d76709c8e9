import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { cancelGroupCommand } from "./cancel.ts";
import { groupChildrenCommand } from "./children.ts";
import { closeGroupCommand } from "./close.ts";
import { createGroupCommand } from "./create.ts";
import { getGroupCommand } from "./get.ts";
import { listGroupsCommand } from "./list.ts";
import { submitToGroupCommand } from "./submit.ts";
import { watchGroupCommand } from "./watch.ts";

export function groupCommands(program: Command, shell: Shell): void {
  const groups = program
    .command("groups")
    .helpCommand(false)
    .summary("create, fill, follow or cancel groups of jobs")
    .description(
      "Commands for groups: jobs that belong together (children), a rule that says when they have succeeded as a whole, and a job that runs then (the finalizer).",
    );
  for (const add of [
    createGroupCommand,
    submitToGroupCommand,
    closeGroupCommand,
    watchGroupCommand,
    getGroupCommand,
    groupChildrenCommand,
    listGroupsCommand,
    cancelGroupCommand,
  ]) {
    add(groups, shell);
  }
}
