import { readFileSync } from "node:fs";
import {
  type Accounts,
  type Models,
  type ModelsOptions,
  openModels,
  parseAccounts,
} from "@millrace/models";
import {
  ConfigError,
  issueWords,
  readSecretFile,
  reloadRegularly,
  type Scope,
} from "@millrace/runtime";
import type { Clock } from "@millrace/shared";

const VARIABLE = "MILLRACE_ACCOUNTS_FILE";

export interface KeptAccountsParts extends Omit<ModelsOptions, "secretOf"> {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Registers a listener for requests to read the file again. */
  readonly onReload: (listener: () => void) => void;
  /** Says what is wrong with accounts of right form, one line for each problem. */
  readonly check: (accounts: readonly string[]) => readonly string[];
  /** Called with the names of the accounts after they have been replaced. */
  readonly onReplaced: (accounts: readonly string[]) => void;
  /** Measures how often files with secrets are read again. */
  readonly timers: Clock;
  readonly everyMs: number;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

export interface KeptAccounts {
  readonly models: Models;
  /** The accounts as the file has them at the start. */
  readonly accounts: Accounts;
}

type Secrets = ReadonlyMap<string, string>;

const namesOf = ({ accounts }: Accounts): string[] => accounts.map(({ name }) => name);

/**
 * Opens the models of an accounts file. Reads the file again on each reload, and files with secrets also regularly. Throws a
 * ConfigError if something is wrong at first. If it is wrong later, the former accounts and secrets stay in use, and a warning
 * says why.
 */
export function keepAccounts(
  scope: Pick<Scope, "defer">,
  path: string,
  { env, onReload, check, onReplaced, timers, everyMs, log, ...options }: KeptAccountsParts,
): KeptAccounts {
  let accounts = readAccounts(path, check);
  let secrets = readSecrets(accounts, env);
  const models = openModels(accounts, {
    ...options,
    secretOf: (account) => secrets.get(account) ?? "",
  });
  const kept = reloadRegularly(scope, () => readSecrets(accounts, env), {
    ...{ clock: timers, log, everyMs, what: `the secrets of ${VARIABLE}` },
  });
  kept.onReplaced((next) => {
    secrets = next;
  });
  const reload = () => {
    try {
      const next = readAccounts(path, check);
      const nextSecrets = readSecrets(next, env);
      [accounts, secrets] = [next, nextSecrets];
      models.replace(next);
      log.info({ path, accounts: namesOf(next) }, "the accounts file was read again");
      onReplaced(namesOf(next));
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems : [String(error)];
      log.warn(
        { path, problems },
        "the accounts file is not usable: correct it, and send SIGHUP again; the former accounts stay in use",
      );
    }
  };
  onReload(reload);
  return { models, accounts };
}

function readAccounts(path: string, check: KeptAccountsParts["check"]): Accounts {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError([`${VARIABLE}: cannot be read: ${(error as Error).message}`]);
  }
  const parsed = parseAccounts(text, { words: issueWords });
  const problems =
    parsed.kind === "wrong"
      ? parsed.problems.map((problem) => `${VARIABLE}: ${path}:${problem}`)
      : check(namesOf(parsed.accounts));
  if (parsed.kind === "wrong" || problems.length > 0) throw new ConfigError(problems);
  return parsed.accounts;
}

/** Reads the secrets of all accounts. Throws a ConfigError that names each one that is not there. */
function readSecrets({ accounts }: Accounts, env: KeptAccountsParts["env"]): Secrets {
  const secrets = new Map<string, string>();
  const problems: string[] = [];
  for (const account of accounts) {
    if (account.kind === "extractive") continue;
    const { name, secret_env: variable, secret_file: file } = account;
    const field = `${VARIABLE}: account ${name}: secret_${variable === undefined ? "file" : "env"}`;
    if (variable !== undefined) {
      const value = env[variable] ?? "";
      if (value === "") problems.push(`${field}: the variable ${variable} is not set`);
      secrets.set(name, value);
    }
    if (file === undefined) continue;
    try {
      secrets.set(name, readSecretFile([field, file]) ?? "");
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return secrets;
}
