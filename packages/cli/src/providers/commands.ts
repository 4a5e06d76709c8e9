import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { deleteProviderCommand } from "./delete.ts";
import { listProvidersCommand } from "./list.ts";
import { putProviderCommand } from "./put.ts";
import { resetProviderCommand } from "./reset.ts";

export function providerCommands(program: Command, shell: Shell): void {
  const providers = program
    .command("providers")
    .helpCommand(false)
    .summary("provider accounts and their limits")
    .description(
      "Commands for accounts at model providers, which all keys, queues and workers share. A job names one as its pool.",
    );
  for (const add of [
    putProviderCommand,
    listProvidersCommand,
    deleteProviderCommand,
    resetProviderCommand,
  ]) {
    add(providers, shell);
  }
}
