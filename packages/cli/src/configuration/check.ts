import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { readConfiguration } from "./read-file.ts";

export function checkConfigurationCommand(config: Command, shell: Shell): void {
  config
    .command("check")
    .summary("check a configuration file")
    .description(
      "Checks a configuration file by itself, without a server. What only a server knows (whether a key is there, how many shards a queue has), `config apply --dry-run` checks.",
    )
    .argument("<file>", "- for standard input")
    .option("--json", "print JSON for programs: one value a line")
    .action((file: string, { json = false }: { readonly json?: boolean }) => {
      const { configuration } = readConfiguration(file);
      const { queues, apiKeys, providerAccounts } = configuration;
      const counts = {
        queues: queues.length,
        apiKeys: apiKeys.length,
        providerAccounts: providerAccounts.length,
      };
      if (json) writeJson(shell, { file, ...counts });
      else {
        writeText(
          shell,
          `${file} is right: queues ${counts.queues}, API keys ${counts.apiKeys}, provider accounts ${counts.providerAccounts}`,
        );
      }
    })
    .addHelpText("after", "\nExamples:\n  $ millrace config check millrace.yaml");
}
