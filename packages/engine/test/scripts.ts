import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Script, sourceFolder } from "../src/redis/define-script.ts";

const luaFiles = readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".lua") && !file.startsWith("bullmq"))
  .map((file) => file.slice(0, -".lua".length))
  .sort();

/** The scripts as "concept/name", and the libraries that they include as "concept/lib/name". */
export const scripts = luaFiles.filter((file) => !file.includes("/lib/"));
export const libraries = luaFiles.filter((file) => file.includes("/lib/"));

export const luaPath = (name: string): string => join(sourceFolder, `${name}.lua`);
export const luaSource = (name: string): string => readFileSync(luaPath(name), "utf8");

/** The script that the TypeScript file of the same name binds. */
export async function boundScript(name: string): Promise<Script<unknown, unknown>> {
  const url = pathToFileURL(join(sourceFolder, `${name}.ts`)).href;
  const module: Record<string, unknown> = await import(url);
  const found = Object.values(module).find(
    (value): value is Script<unknown, unknown> =>
      typeof value === "object" && value !== null && "binding" in value,
  );
  if (found === undefined) throw new Error(`${name}.ts binds no script`);
  return found;
}
