import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { applyConfigurationCommand } from "./apply.ts";
import { checkConfigurationCommand } from "./check.ts";

export function configurationCommands(program: Command, shell: Shell): void {
  const config = program
    .command("config")
    .helpCommand(false)
    .summary("check or apply a configuration file")
    .description(
      "Commands for the configuration file, which declares queues, API keys, provider accounts and models. docs/configuration.md describes it.",
    );
  for (const add of [checkConfigurationCommand, applyConfigurationCommand]) add(config, shell);
}
