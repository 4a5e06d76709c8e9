import { readFileSync } from "node:fs";

/** Reads a file of the folder `lua`. The build puts the files into the package, in place of this one (tsdown.config.mjs). */
export const readLua = (name: string): string =>
  readFileSync(new URL(`lua/${name}.lua`, import.meta.url), "utf8");
