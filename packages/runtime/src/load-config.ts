import type { z } from "zod";
import { issueWords } from "./issue-words.ts";

/** One setting: the environment variable that holds it, and its schema. */
export interface Setting<Type> {
  readonly env: string;
  readonly schema: z.ZodType<Type>;
  /** One line that explains the setting to operators. */
  readonly about: string;
}

export interface ConfigSpec<Settings extends Record<string, Setting<unknown>>> {
  readonly settings: Settings;
  /** Finds settings that are each valid but do not fit together. Returns one line per problem. */
  readonly relations: (config: Config<Settings>) => readonly string[];
}

export type Config<Settings extends Record<string, Setting<unknown>>> = {
  readonly [Name in keyof Settings]: Settings[Name] extends Setting<infer Type> ? Type : never;
};

/**
 * Defines a setting. The schema gets the variable's text, or undefined if it is unset or empty: use `.default()` or
 * `.optional()`.
 */
export const setting = <Schema extends z.ZodType>(
  env: string,
  schema: Schema,
  about: string,
): Setting<z.infer<Schema>> => ({ env, schema: schema as z.ZodType<z.infer<Schema>>, about });

export const defineConfig = <Settings extends Record<string, Setting<unknown>>>(
  settings: Settings,
  relations: (config: Config<Settings>) => readonly string[] = () => [],
): ConfigSpec<Settings> => ({ settings, relations });

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];
  /** EX_CONFIG of sysexits.h. */
  readonly exitCode = 78;

  constructor(problems: readonly string[]) {
    super(
      `the configuration is wrong; correct these settings:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    );
    this.problems = problems;
  }
}

/**
 * Reads typed values from the environment. Throws a ConfigError that lists every problem but no value. Warns of variables
 * that look like settings and are none: their names may be mistyped, or of another program.
 */
export function loadConfig<Settings extends Record<string, Setting<unknown>>>(
  spec: ConfigSpec<Settings>,
  env: Readonly<Record<string, string | undefined>>,
  log?: { warn(fields: object, message: string): void },
): Config<Settings> {
  const unknown = unknownSettings(spec, env);
  if (unknown.length > 0) {
    log?.warn(
      { settings: unknown },
      "these variables are not settings of this service and have no effect: check their names",
    );
  }
  const problems: string[] = [];
  const entries = Object.entries(spec.settings).map(([name, { env: variable, schema }]) => {
    const text = env[variable];
    const result = schema.safeParse(text === "" ? undefined : text, { error: issueWords });
    if (!result.success) {
      for (const issue of result.error.issues) problems.push(`${variable}: ${issue.message}`);
    }
    return [name, result.data] as const;
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const config = Object.fromEntries(entries) as Config<Settings>;
  const broken = spec.relations(config);
  if (broken.length > 0) throw new ConfigError(broken);
  return config;
}

const PREFIX = "MILLRACE_";

/** The variables that have the prefix of settings and that a service does not know, sorted. */
function unknownSettings(
  { settings }: { readonly settings: Readonly<Record<string, { readonly env: string }>> },
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const known = new Set(Object.values(settings).map((one) => one.env));
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .sort();
}

/** Whether only this machine can reach a listener on `host`. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
