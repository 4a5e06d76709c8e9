// Builds a package that is published: `pnpm pack` and `pnpm publish` run its script `prepack` in its folder.
import { basename } from "node:path";
import { defineConfig } from "tsdown";
import { bundled } from "./.pnpmfile.mjs";

/** The files of `dist` that a package's `publishConfig`, or the package itself, names; and their sources. */
const entries = {
  client: { index: "src/index.ts", admin: "src/connect-admin.ts" },
  "worker-sdk": { index: "src/index.ts", "stream-thread": "src/stream/stream-thread.ts" },
  cli: { command: "src/command.ts" },
};
const cwd = process.cwd();
const name = basename(cwd);

export default defineConfig({
  cwd,
  entry: entries[name],
  platform: "node",
  target: "node20.3",
  fixedExtension: false,
  // Declarations are made from single files: tsconfig.published.json checks that this is possible.
  dts: name === "cli" ? false : { generator: "oxc" },
  deps: { alwaysBundle: bundled, onlyBundle: bundled },
  failOnWarn: true,
  logLevel: "warn",
});
