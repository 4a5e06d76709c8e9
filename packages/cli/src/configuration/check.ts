import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { readConfiguration } from "./read-file.ts";

export function checkConfigurationCommand(config: Command, shell: Shell): void {
  config
    .command("check")
    .summary("check a configuration file")
    .description(
      "Checks a configuration file without a server. `config apply --dry-run` also checks what only a server knows, such as whether a key exists and how many shards a queue has.",
    )
    .argument("<file>", "the file; - for standard input")
    .option("--json", "print JSON for programs, one value per line")
    .action((file: string, { json = false }: { readonly json?: boolean }) => {
      const { configuration } = readConfiguration(file);
      const { queues, apiKeys, providerAccounts, models } = configuration;
      const counts = {
        queues: queues.length,
        apiKeys: apiKeys.length,
        providerAccounts: providerAccounts.length,
        models: models.length,
      };
      if (json) writeJson(shell, { file, ...counts });
      else {
        writeText(
          shell,
          `${file} is valid: queues ${counts.queues}, API keys ${counts.apiKeys}, provider accounts ${counts.providerAccounts}, models ${counts.models}`,
        );
      }
    })
    .addHelpText("after", "\nExamples:\n  $ millrace config check millrace.yaml");
}
