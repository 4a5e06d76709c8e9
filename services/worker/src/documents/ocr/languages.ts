import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/**
 * The file of a language that is installed, by its code of three letters, such as "eng". Undefined if its package,
 * `@tesseract.js-data/<code>`, is not installed: nothing is ever downloaded.
 */
export function languageFileOf(code: string): string | undefined {
  if (!/^[a-z_]{3,12}$/i.test(code)) return undefined;
  try {
    const folder = dirname(require.resolve(`@tesseract.js-data/${code}/package.json`));
    const file = join(folder, "4.0.0_best_int", `${code}.traineddata.gz`);
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
