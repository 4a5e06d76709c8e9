// `npm run pack`: builds the packages that are published and packs each into a tarball, as `pnpm publish` would.
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({ options: { to: { type: "string" } } });
const to = resolve(values.to ?? join(root, "dist-packages"));

const isPublished = (manifest: string) =>
  JSON.parse(readFileSync(manifest, "utf8")).publishConfig !== undefined;

mkdirSync(to, { recursive: true });
for (const old of globSync("millrace-*.tgz", { cwd: to })) rmSync(join(to, old));
for (const manifest of globSync(join(root, "packages/*/package.json")).filter(isPublished)) {
  const folder = dirname(manifest);
  execFileSync("pnpm", ["pack", "--silent", "--pack-destination", to], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  // The build serves only the tarball. Left behind, it would be read as source by tools that look into all folders.
  rmSync(join(folder, "dist"), { recursive: true, force: true });
}
for (const tarball of globSync("millrace-*.tgz", { cwd: to }).sort()) {
  process.stdout.write(`${join(to, tarball)}\n`);
}
