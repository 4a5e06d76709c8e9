import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { createKeyCommand } from "./create.ts";
import { generateKeyCommand } from "./generate.ts";
import { listKeysCommand } from "./list.ts";
import { revokeKeyCommand } from "./revoke.ts";
import { rotateKeyCommand } from "./rotate.ts";
import { showKeyCommand } from "./show.ts";
import { updateKeyCommand } from "./update.ts";

export function keyCommands(program: Command, shell: Shell): void {
  const keys = program
    .command("keys")
    .helpCommand(false)
    .summary("API keys and their budgets")
    .description(
      "Commands for API keys: who may call, and how much each key may use. docs/budgets.md explains budgets.",
    );
  for (const add of [
    createKeyCommand,
    listKeysCommand,
    showKeyCommand,
    updateKeyCommand,
    rotateKeyCommand,
    revokeKeyCommand,
    generateKeyCommand,
  ]) {
    add(keys, shell);
  }
}
