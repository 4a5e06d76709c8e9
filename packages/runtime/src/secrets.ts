import { z } from "zod";
import { ConfigError, setting } from "./load-config.ts";
import { type NamedFile, readFiles } from "./named-files.ts";
import {
  fixedValue,
  type ReloadedValue,
  type ReloadOptions,
  reloadRegularly,
} from "./reloaded-value.ts";
import type { Scope } from "./run-main.ts";

/** How a service keeps the secrets that it has in files: part of its configuration. */
export const secretSettings = {
  secretsReloadMs: setting(
    "MILLRACE_SECRETS_RELOAD_MS",
    z.coerce.number().int().min(100).max(3_600_000).default(5_000),
    "How often files that hold secrets are read again, in milliseconds.",
  ),
};

/** A secret's setting and its text, and the path of the file that holds it: at most one of the two is set. */
export interface SecretSource {
  readonly env: string;
  readonly value: string | undefined;
  readonly file: string | undefined;
}

/** The setting of a file that holds the secret of the setting `env`. */
export const secretFileSetting = (env: string) =>
  setting(
    `${env}_FILE`,
    z.string().optional(),
    `A file that holds ${env}; it is read again every MILLRACE_SECRETS_RELOAD_MS.`,
  );

/** What is wrong between a secret's two settings. */
export const secretProblems = ({ env, value, file }: SecretSource): readonly string[] =>
  value !== undefined && file !== undefined
    ? [`${env} and ${env}_FILE: set one of them alone`]
    : [];

/** Which of several tokens, by commas or lines, a client shows: the first, without what the scheduler says of it after ";". */
export const firstToken = (tokens: string): string => tokens.split(/[,;\n]/)[0]?.trim() ?? "";

/** What a file holds without the end of its line; throws a ConfigError if it cannot be read, or is empty. */
export function readSecretFile(file: NamedFile): string | undefined {
  const [content] = readFiles([file]);
  const secret = content?.toString().replace(/\r?\n$/, "");
  if (secret === "") throw new ConfigError([`${file[0]}: is empty`]);
  return secret;
}

/**
 * A secret as it is now; undefined if there is none. A file is read again every `everyMs`. While it
 * cannot be read, or `parse` throws, the value from before stays in use, and a warning is logged once.
 */
export function keepSecret<Value = string>(
  scope: Pick<Scope, "defer">,
  { env, value, file }: SecretSource,
  options: Omit<ReloadOptions, "what">,
  parse: (secret: string) => Value = (secret) => secret as Value,
): ReloadedValue<Value> | undefined {
  if (value !== undefined) return fixedValue(parse(value));
  if (file === undefined) return undefined;
  const variable = `${env}_FILE`;
  const read = () => {
    const secret = readSecretFile([variable, file]) ?? "";
    try {
      return parse(secret);
    } catch (error) {
      throw new ConfigError([`${variable}: ${(error as Error).message}`]);
    }
  };
  return reloadRegularly(scope, read, {
    ...options,
    what: `the secret of ${variable}`,
  });
}
