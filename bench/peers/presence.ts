import { type Contender, contenders, isInstalled } from "./contenders.ts";
import { hasPostgres, type Postgres, startPostgres } from "./postgres.ts";

const needsPostgres = ({ store }: Contender): boolean =>
  store === "postgres" || store === "temporal";

/** Returns why a contender does not take part, or undefined if it does. */
function absence(contender: Contender): string | undefined {
  if (!isInstalled(contender)) return "not installed: node bench/peers/install.ts";
  if (needsPostgres(contender) && !hasPostgres()) {
    return "no PostgreSQL: apt-get install postgresql";
  }
  return undefined;
}

/** Returns the named contenders, separated by commas, or all. Reports why a missing one is skipped. */
export function presentOf(names: string | undefined): readonly Contender[] {
  const only = names?.split(",").map((name) => name.trim());
  for (const name of only ?? []) {
    if (!contenders.some((one) => one.name === name)) {
      throw new Error(
        `there is no contender named ${name}: node bench/peers/run.ts --list shows all`,
      );
    }
  }
  return contenders
    .filter(({ name }) => only?.includes(name) ?? true)
    .filter((contender) => {
      const why = absence(contender);
      if (why !== undefined) console.log(`skipped: ${contender.name} (${why})`);
      return why === undefined;
    });
}

export const postgresFor = async (present: readonly Contender[]): Promise<Postgres | undefined> =>
  present.some(needsPostgres) ? await startPostgres() : undefined;

/** Parses a whole number from 1, as an option gives it. */
export function countOf(name: string, given: string): number {
  const count = Number(given);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new Error(`--${name} must be a whole number from 1, not "${given}"`);
  }
  return count;
}
