import { create } from "@bufbuild/protobuf";
import {
  AdminService,
  type ProviderAccount,
  ProviderAccountSchema,
  ProviderAccountStatusSchema,
} from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { fieldBigint, fieldNumber } from "../field-numbers.ts";
import { required, writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import { readAndChange } from "../read-and-change.ts";
import type { Shell } from "../shell.ts";
import { NONE, orNone } from "../values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { providerTable } from "./provider-text.ts";

interface Options extends OperatorOptions {
  readonly requestsPerMinute?: number | typeof NONE;
  readonly tokensPerMinute?: bigint | typeof NONE;
  readonly maxRunning?: number | typeof NONE;
}

const limits = ["requestsPerMinute", "tokensPerMinute", "maxRunning"] as const;

export function putProviderCommand(providers: Command, shell: Shell): void {
  const command = providers
    .command("put")
    .summary("define or change a provider account")
    .description(
      "Defines a provider account. If it exists, changes the given values and leaves the rest.",
    )
    .argument("<name>", "the name that jobs give as their pool, for example openai/gpt-5")
    .option(
      "--requests-per-minute <count>",
      "attempts that may start in any 60 s",
      orNone(fieldNumber(ProviderAccountSchema.field.requestsPerMinute)),
    )
    .option(
      "--tokens-per-minute <count>",
      "tokens that may be reserved in any 60 s",
      orNone(fieldBigint(ProviderAccountSchema.field.tokensPerMinute)),
    )
    .option(
      "--max-running <count>",
      "jobs that may run at once",
      orNone(fieldNumber(ProviderAccountSchema.field.maxRunning)),
    )
    .action((name: string, options: Options) =>
      withAdmin(shell, options, async (admin) => {
        const call = { signal: shell.interrupted };
        const { method } = AdminService;
        const { account } = await readAndChange(async () => {
          // PutProviderAccount replaces the whole definition, so this reads it first.
          const { accounts } = await admin.call(method.listProviderAccounts, {}, call);
          const before = accounts.find(({ account }) => account?.name === name);
          const wanted = changedAccount(name, before?.account, options);
          const request = { account: wanted, etag: before?.etag ?? "none" };
          return admin.call(method.putProviderAccount, request, call);
        });
        if (options.json) writeMessage(shell, ProviderAccountStatusSchema, account);
        else writeText(shell, providerTable([required(account)]));
      }),
    )
    .addHelpText(
      "after",
      `
"none" removes a limit.

Examples:
  $ millrace providers put openai/gpt-5 --requests-per-minute 500 --tokens-per-minute 200000
  $ millrace providers put openai/gpt-5 --max-running none`,
    );
  operatorOptions(command);
}

function changedAccount(
  name: string,
  before: ProviderAccount | undefined,
  options: Options,
): ProviderAccount {
  const kept = limits.flatMap((limit) => {
    const value = options[limit] ?? before?.[limit];
    return value === undefined || value === NONE ? [] : [[limit, value]];
  });
  return create(ProviderAccountSchema, { name, ...Object.fromEntries(kept) });
}
