import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { applyConfigurationCommand } from "./apply.ts";
import { checkConfigurationCommand } from "./check.ts";

export function configurationCommands(program: Command, shell: Shell): void {
  const config = program
    .command("config")
    .helpCommand(false)
    .summary("the configuration file")
    .description(
      "The configuration file: queues, API keys and provider accounts as text. docs/configuration.md describes it.",
    );
  for (const add of [checkConfigurationCommand, applyConfigurationCommand]) add(config, shell);
}
