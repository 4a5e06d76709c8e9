import { formatApiKey, hashSecret, newApiKey, systemRandom } from "@millrace/shared";
import type { Command } from "commander";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";

export function generateKeyCommand(keys: Command, shell: Shell): void {
  keys
    .command("generate")
    .summary("generate an API key for a configuration file")
    .description(
      "Generates an API key without a server. It prints the key, and the lines that declare it in a configuration file. The file holds only a hash of the secret.",
    )
    .argument("<name>", "a name for people, for example the service that will use the key")
    .option("--json", "print JSON for programs, one value per line")
    .action((name: string, { json = false }: { readonly json?: boolean }) => {
      const key = newApiKey(systemRandom);
      const { keyId } = key;
      const secretSha256 = hashSecret(key.secret).toString("hex");
      if (json) {
        writeJson(shell, { keyId, name, secretSha256, key: formatApiKey(key) });
        return;
      }
      writeText(shell, formatApiKey(key));
      const declaration = [
        `  - key_id: "${keyId}"`,
        `    name: ${JSON.stringify(name)}`,
        `    secret_sha256: "${secretSha256}"`,
      ];
      note(
        shell,
        [
          "The key is shown only once. Add these lines under api_keys of the file:",
          ...declaration,
        ].join("\n"),
      );
    })
    .addHelpText(
      "after",
      `
Examples:
  $ millrace keys generate shop > shop.key    # the key alone goes into the file`,
    );
}
