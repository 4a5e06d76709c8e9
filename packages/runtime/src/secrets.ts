import { z } from "zod";
import { wholeNumber } from "./issue-words.ts";
import { ConfigError, setting } from "./load-config.ts";
import { type NamedFile, readFiles } from "./named-files.ts";
import {
  fixedValue,
  type ReloadedValue,
  type ReloadOptions,
  reloadRegularly,
} from "./reloaded-value.ts";
import type { Scope } from "./run-main.ts";

/** Settings of every service that reads secrets from files. */
export const secretSettings = {
  secretsReloadMs: setting(
    "MILLRACE_SECRETS_RELOAD_MS",
    wholeNumber(100, 3_600_000).default(5_000),
    "How often files that hold secrets are read again, in milliseconds.",
  ),
};

/** Where a secret comes from: the text of a setting, or the path of a file. At most one of them is set. */
export interface SecretSource {
  readonly env: string;
  readonly value: string | undefined;
  readonly file: string | undefined;
}

/** The setting for a file that holds the secret of the setting `env`. */
export const secretFileSetting = (env: string) =>
  setting(
    `${env}_FILE`,
    z.string().optional(),
    `A file that holds ${env}. The service reads it again every MILLRACE_SECRETS_RELOAD_MS.`,
  );

/** Finds a secret whose two settings are both set. */
export const secretProblems = ({ env, value, file }: SecretSource): readonly string[] =>
  value !== undefined && file !== undefined ? [`${env} and ${env}_FILE: set only one of them`] : [];

/**
 * Returns the token that a client sends: the first of several, separated by commas or lines, without the part after ";"
 * that is for the scheduler.
 */
export const firstToken = (tokens: string): string => tokens.split(/[,;\n]/)[0]?.trim() ?? "";

/** Reads a file without its final line break. Throws a ConfigError if it cannot be read or is empty. */
export function readSecretFile(file: NamedFile): string | undefined {
  const [content] = readFiles([file]);
  const secret = content?.toString().replace(/\r?\n$/, "");
  if (secret === "") throw new ConfigError([`${file[0]}: is empty`]);
  return secret;
}

/**
 * Keeps a secret up to date; undefined if there is none. A file is read again every `everyMs`. If it cannot be read, or
 * `parse` throws, the last value stays in use, and a warning is logged once.
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
