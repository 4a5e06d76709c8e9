import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import { type Configuration, ConfigurationSchema } from "@millrace/proto/admin-service";
import { inWords } from "@millrace/shared";
import type { Violation } from "./problem.ts";

const validator = createValidator();

/** What the contract finds wrong with a configuration, none if nothing. */
export function violationsOf(configuration: Configuration): Violation[] {
  const result = validator.validate(ConfigurationSchema, configuration);
  if (result.kind === "error") throw result.error;
  const broken = (result.violations ?? []).map(({ field, message }) => ({
    field: pathToString(field),
    description: inWords(message),
  }));
  return [...broken, ...repeatsIn(configuration)];
}

/** What is declared twice: the contract has no word for it that names the second. */
export const repeatsIn = ({ queues, apiKeys, providerAccounts }: Configuration): Violation[] => [
  ...repeats(
    queues.map(({ name }) => name),
    (index) => `queues[${index}]`,
    "name",
  ),
  ...repeats(
    apiKeys.map(({ keyId }) => keyId),
    (index) => `api_keys[${index}]`,
    "key_id",
  ),
  ...repeats(
    providerAccounts.map(({ name }) => name),
    (index) => `provider_accounts[${index}]`,
    "name",
  ),
];

const repeats = (
  names: readonly string[],
  pathOf: (index: number) => string,
  field: string,
): Violation[] =>
  names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (first === index || name === "") return [];
    const description = `${name} is declared already, as ${pathOf(first)}`;
    return [{ field: `${pathOf(index)}.${field}`, description }];
  });
