import { readFileSync } from "node:fs";

const MANIFEST = new URL("../../../package.json", import.meta.url);

/** The version of Millrace that runs. */
export const productVersion = (): string =>
  (JSON.parse(readFileSync(MANIFEST, "utf8")) as { readonly version: string }).version;
