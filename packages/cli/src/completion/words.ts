import type { Command } from "commander";

/** What may follow one command: its subcommands and its flags. */
export interface CommandWords {
  /** The words of the command after `millrace`, separated by spaces. "" for the program itself. */
  readonly path: string;
  readonly commands: readonly string[];
  readonly flags: readonly string[];
  /** Flags that take a value, which is then not completed as a command. */
  readonly valueFlags: readonly string[];
}

/** Lists the words of a command and of everything below it. */
export function commandWords(command: Command, path: readonly string[] = []): CommandWords[] {
  const visible = command.options.filter(({ hidden }) => !hidden);
  const own: CommandWords = {
    path: path.join(" "),
    commands: command.commands.map((one) => one.name()),
    flags: ["--help", ...visible.flatMap(({ long }) => long ?? [])],
    valueFlags: visible.flatMap(({ long, required, optional }) =>
      (required || optional) && long ? [long] : [],
    ),
  };
  return [own, ...command.commands.flatMap((one) => commandWords(one, [...path, one.name()]))];
}
