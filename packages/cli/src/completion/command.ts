import { Argument, type Command } from "commander";
import type { Shell } from "../shell.ts";
import { bashScript, fishScript, zshScript } from "./scripts.ts";
import { commandWords } from "./words.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function completionCommand(program: Command, shell: Shell): void {
  program
    .command("completion")
    .summary("print a script that completes commands and flags")
    .description("Prints a script for a shell, which completes the commands and flags of millrace.")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(scripts)))
    .action((name: keyof typeof scripts) => {
      shell.out.write(scripts[name](commandWords(program)));
    })
    .addHelpText(
      "after",
      `
Examples:
  $ source <(millrace completion bash)
  $ millrace completion fish > ~/.config/fish/completions/millrace.fish`,
    );
}
