import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { getModelCommand } from "./get.ts";
import { importModelsCommand } from "./import.ts";
import { listModelsCommand } from "./list.ts";
import { putModelCommand } from "./put.ts";
import { removeModelCommand } from "./remove.ts";

export function modelCommands(program: Command, shell: Shell): void {
  const models = program
    .command("models")
    .helpCommand(false)
    .summary("the catalogue of models, with their routes and prices")
    .description(
      "Commands for the catalogue of models. A job may name a model instead of a pool. Each attempt then runs on the first of the model's routes whose account may take it.",
    );
  for (const add of [
    listModelsCommand,
    getModelCommand,
    putModelCommand,
    removeModelCommand,
    importModelsCommand,
  ]) {
    add(models, shell);
  }
}
