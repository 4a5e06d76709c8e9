import type { CommandWords } from "./words.ts";

// Names of commands and flags consist of letters, digits and hyphens, so the scripts need no quoting of them.

/** Completes commands and flags, and files where a value is expected. Zsh runs it by its emulation of bash. */
export const bashScript = (all: readonly CommandWords[]): string =>
  `# Completion of millrace for bash: source this file.
_millrace() {
  local path="" word previous="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$path|$word" in
${all.flatMap(intoSubcommands).join("\n")}
    esac
  done
  word="\${COMP_WORDS[COMP_CWORD]}"
  previous="\${COMP_WORDS[COMP_CWORD-1]}"
  case "$path|$previous" in
${all.flatMap(valuesOf).join("\n")}
  esac
  case "$path" in
${all.map(wordsOf).join("\n")}
  esac
}
complete -o default -F _millrace millrace
`;

const intoSubcommands = ({ path, commands }: CommandWords): string[] =>
  commands.map((name) => `      "${path}|${name}") path="${join(path, name)}" ;;`);

const valuesOf = ({ path, valueFlags }: CommandWords): string[] =>
  valueFlags.length === 0
    ? []
    : [`    ${valueFlags.map((flag) => `"${path}|${flag}"`).join("|")}) COMPREPLY=(); return ;;`];

const wordsOf = ({ path, commands, flags }: CommandWords): string =>
  `    "${path}") if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "${flags.join(" ")}" -- "$word")); else COMPREPLY=($(compgen -W "${commands.join(" ")}" -- "$word")); fi ;;`;

const join = (path: string, name: string): string => (path === "" ? name : `${path} ${name}`);

export const zshScript = (all: readonly CommandWords[]): string =>
  `#compdef millrace
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
${bashScript(all)}`;

export const fishScript = (all: readonly CommandWords[]): string =>
  `# Completion of millrace for fish: save this file as ~/.config/fish/completions/millrace.fish.
function __millrace_at
  set -l words (commandline -opc)
  set -e words[1]
  set -l path
  for word in $words
    string match -q -- '-*' $word; or set -a path $word
  end
  test "$path" = "$argv"
end
${all.flatMap(fishLines).join("\n")}
`;

function fishLines({ path, commands, flags, valueFlags }: CommandWords): string[] {
  const at = `-n '__millrace_at${path === "" ? "" : ` ${path}`}'`;
  return [
    ...commands.map((name) => `complete -c millrace -f ${at} -a ${name}`),
    ...flags.map(
      (flag) =>
        `complete -c millrace ${at} -l ${flag.slice(2)}${valueFlags.includes(flag) ? " -r" : ""}`,
    ),
  ];
}
