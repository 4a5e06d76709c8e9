// Builds a package that is published: `pnpm pack` and `pnpm publish` run its script `prepack` in its folder.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig } from "tsdown";
import { bundled } from "./.pnpmfile.mjs";

/** The files of `dist` that a package's `publishConfig`, or the package itself, names; and their sources. */
const entries = {
  client: { index: "src/index.ts", admin: "src/connect-admin.ts" },
  "worker-sdk": { index: "src/index.ts", "stream-thread": "src/stream/stream-thread.ts" },
  cli: { command: "src/command.ts" },
  bullmq: { index: "src/index.ts" },
};
const cwd = process.cwd();
const name = basename(cwd);

/** Puts the Lua files of @millrace/bullmq into its code, so that programs that use it can be bundled too. */
const luaFiles = {
  name: "lua-files",
  load(id) {
    if (!id.endsWith("bullmq/src/lua-files.ts")) return null;
    const folder = join(cwd, "src/lua");
    const files = globSync("*.lua", { cwd: folder }).map((file) => [
      basename(file, ".lua"),
      readFileSync(join(folder, file), "utf8"),
    ]);
    return [
      `const files: Record<string, string> = ${JSON.stringify(Object.fromEntries(files))};`,
      "export const readLua = (name: string): string => files[name] ?? '';",
    ].join("\n");
  },
};

export default defineConfig({
  cwd,
  entry: entries[name],
  platform: "node",
  target: "node20.3",
  fixedExtension: false,
  // Declarations are made from single files: tsconfig.published.json checks that this is possible.
  dts: name === "cli" ? false : { generator: "oxc" },
  deps: { alwaysBundle: bundled, onlyBundle: bundled },
  plugins: [luaFiles],
  failOnWarn: true,
  logLevel: "warn",
});
