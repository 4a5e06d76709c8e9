import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { ConfigError } from "./load-config.ts";

/** A file, and the setting that names it. */
export type NamedFile = readonly [variable: string, path: string | undefined];

/** Reads the files. Throws a ConfigError that names every file that cannot be read. */
export function readFiles(files: readonly NamedFile[]): (Buffer | undefined)[] {
  const problems: string[] = [];
  const contents = files.map(([variable, path]) => {
    try {
      return path === undefined ? undefined : readFileSync(path);
    } catch (error) {
      problems.push(`${variable}: cannot be read: ${(error as Error).message}`);
      return undefined;
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return contents;
}

/** Throws a ConfigError if the first setting of a pair is set without the second. */
export function assertNeeded(...pairs: readonly (readonly [NamedFile, NamedFile])[]): void {
  const problems = pairs.flatMap(([[variable, path], [needed, neededPath]]) =>
    path !== undefined && neededPath === undefined ? [`${needed}: needed with ${variable}`] : [],
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Throws a ConfigError if the files' contents are not a usable certificate and key. */
export function assertUsable(
  variables: string,
  content: Parameters<typeof createSecureContext>[0],
): void {
  try {
    createSecureContext(content);
  } catch (error) {
    throw new ConfigError([`${variables}: not usable: ${(error as Error).message}`]);
  }
}

/** Throws a ConfigError if a file holds no certificate. Node would accept such a file, and then trust nobody. */
export function assertCertificates(variable: string, pem: Buffer): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw new ConfigError([`${variable}: holds no certificate: ${(error as Error).message}`]);
  }
}
