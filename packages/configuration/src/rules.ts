import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import type { Model } from "@millrace/proto/admin-model";
import { type Configuration, ConfigurationSchema } from "@millrace/proto/admin-service";
import { inWords } from "@millrace/shared";
import type { Violation } from "./problem.ts";

const validator = createValidator();

/** Checks a configuration against the contract's rules. The list is empty if there are no faults. */
export function violationsOf(configuration: Configuration): Violation[] {
  const result = validator.validate(ConfigurationSchema, configuration);
  if (result.kind === "error") throw result.error;
  const broken = (result.violations ?? []).map(({ field, message }) => ({
    field: pathToString(field),
    description: inWords(message),
  }));
  return [...broken, ...repeatsIn(configuration)];
}

/** Finds names that are declared twice. The contract's rules could not say which declaration is the second. */
export const repeatsIn = ({
  queues,
  apiKeys,
  providerAccounts,
  models,
  schedules,
  webhookEndpoints,
}: Configuration): Violation[] => [
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
  ...repeatedModelNames(models),
  ...repeats(
    schedules.map(({ keyId, spec }) => `${spec?.job?.queue}~${keyId}~${spec?.name}`),
    (index) => `schedules[${index}].spec`,
    "name",
  ),
  ...repeats(
    webhookEndpoints.map(({ keyId, name }) => (name === "" ? "" : `${name} of API key ${keyId}`)),
    (index) => `webhook_endpoints[${index}]`,
    "name",
  ),
];

/** Models share one space of names: a name or an alias belongs to one of them. So aliases cannot lead round in a circle. */
function repeatedModelNames(models: readonly Model[]): Violation[] {
  const names = models.map(({ name }) => name);
  const aliases = new Map<string, number>();
  const taken = models.flatMap((model, index) =>
    model.aliases.flatMap((alias, at): Violation[] => {
      const named = names.indexOf(alias);
      const first = aliases.get(alias);
      if (first === undefined) aliases.set(alias, index);
      const field = `models[${index}].aliases[${at}]`;
      // Alone, a model that has its own name as an alias, or an alias twice, breaks a rule of the contract.
      if (named >= 0 && named !== index) {
        return [{ field, description: `${alias} is already declared as models[${named}]` }];
      }
      if (first === undefined || first === index) return [];
      return [{ field, description: `${alias} is already an alias of models[${first}]` }];
    }),
  );
  return [...repeats(names, (index) => `models[${index}]`, "name"), ...taken];
}

const repeats = (
  names: readonly string[],
  pathOf: (index: number) => string,
  field: string,
): Violation[] =>
  names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (first === index || name === "") return [];
    const description = `${name} is already declared as ${pathOf(first)}`;
    return [{ field: `${pathOf(index)}.${field}`, description }];
  });
