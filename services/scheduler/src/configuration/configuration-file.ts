import { readFile } from "node:fs/promises";
import { type Problem, parseConfiguration, problemText } from "@millrace/configuration";
import { configFile } from "../tokens/operator-tokens.ts";
import type { AppliedConfiguration, ApplyConfiguration } from "./apply-configuration.ts";

export interface ConfigurationFileParts {
  readonly apply: ApplyConfiguration;
  /** Registers a listener for requests to apply the file again. */
  readonly onReload: (listener: () => void) => void;
  /** Called after each reload. */
  readonly onReloaded: (applied: boolean) => void;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** The file is not valid. None of it was applied. */
export class ConfigurationFileError extends Error {
  override readonly name = "ConfigurationFileError";
  /** One line per problem, `file:line:column: what is wrong`, in the order of the file. */
  readonly problems: readonly string[];

  constructor(path: string, problems: readonly Problem[]) {
    const lines = problems.map((problem) => problemText(path, problem));
    super(`nothing of ${path} was applied:\n${lines.map((line) => `  ${line}`).join("\n")}`);
    this.problems = lines;
  }
}

/**
 * Applies the file at `path`, if there is one, and applies it again on each reload, one reload at a time. Rejects if the
 * first time fails. A later failure is logged, and what was applied before stays in effect.
 */
export async function startConfigurationFile(
  path: string | undefined,
  parts: ConfigurationFileParts,
): Promise<{ close(): Promise<void> }> {
  if (path === undefined) return { close: async () => undefined };
  const { onReload, onReloaded, log } = parts;
  let wanted = false;
  let closed = false;
  let running: Promise<void>;

  const applyWhileWanted = async () => {
    while (wanted && !closed) {
      wanted = false;
      try {
        await applyFile(path, parts);
        onReloaded(true);
      } catch (error) {
        onReloaded(false);
        const fields =
          error instanceof ConfigurationFileError ? { problems: error.problems } : { error };
        log.error(
          { path, ...fields },
          "could not apply the configuration file: correct it, and send SIGHUP again",
        );
      }
    }
  };
  onReload(() => {
    const isIdle = !wanted;
    wanted = true;
    if (isIdle) running = running.then(applyWhileWanted);
  });
  const first = applyFile(path, parts);
  running = first.catch(() => undefined);
  await first;
  return {
    async close() {
      closed = true;
      await running;
    },
  };
}

async function applyFile(path: string, { apply, log }: ConfigurationFileParts): Promise<void> {
  const parsed = parseConfiguration(await readFile(path, "utf8"));
  if (parsed.kind === "wrong") throw new ConfigurationFileError(path, parsed.problems);
  const applied: AppliedConfiguration = await apply(parsed.configuration, configFile);
  if (applied.kind === "refused") {
    throw new ConfigurationFileError(path, parsed.locate(applied.violations));
  }
  for (const note of applied.notes) log.warn({ path }, note);
  log.info({ path, changes: applied.changes }, "applied the configuration file");
}
