// Where the version of Millrace is written. All parts are released together and have one version.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

interface Place {
  readonly file: string;
  /** Every match has the version between its first and its second group. */
  readonly pattern: RegExp;
}

const VERSION = String.raw`\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?`;
const place = (file: string, before: string, after: string): Place => ({
  file,
  pattern: new RegExp(`(${before})${VERSION}(${after})`, "gm"),
});

/** The package that says which version the repository has. */
const FIRST = "package.json";

/** Returns every place with the version. A new package is found by its package.json. */
export function versionPlaces(): readonly Place[] {
  const manifests = globSync(
    [FIRST, "*/package.json", "{packages,services,examples}/*/package.json"],
    { cwd: root, exclude: ["node_modules/**", "toolchain/**"] },
  );
  return [
    ...manifests.sort().map((file) => place(file, '^ {2}"version": "', '"')),
    place("deploy/k8s/millrace/Chart.yaml", '^(?:version: |appVersion: ")', '"?$'),
    place("deploy/k8s/README.md", "millrace:", "`"),
    place("deploy/image/README.md", "millrace:", " "),
    place("packages/worker-sdk/src/messages.ts", '"millrace-node/', '"'),
    place("sdk/go/worker/worker.go", '"millrace-go/', '"'),
    place("sdk/python/src/millrace/_version.py", '^VERSION = "', '"'),
    place("services/gateway/openapi.json", '^ {4}"version": "', '"'),
    place("test/rules/chart-platform.test.ts", 'millrace:|version: "', '[`"]'),
  ];
}

export function currentVersion(): string {
  return (JSON.parse(readFileSync(join(root, FIRST), "utf8")) as { readonly version: string })
    .version;
}

/** Returns the places that do not have this version, as lines for people. A file without any version is one too. */
export function differentPlaces(version: string): readonly string[] {
  return versionPlaces().flatMap(({ file, pattern }) => {
    const matches = [...readFileSync(join(root, file), "utf8").matchAll(pattern)];
    if (matches.length === 0) return [`${file}: no version where ${pattern} expects one`];
    return matches
      .filter(([whole, before = "", after = ""]) => whole !== before + version + after)
      .map(([whole]) => `${file}: ${whole.trim()}`);
  });
}

/** Writes the version in every place. */
export function setVersion(version: string): void {
  for (const { file, pattern } of versionPlaces()) {
    const path = join(root, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replaceAll(pattern, `$1${version}$2`));
  }
}
