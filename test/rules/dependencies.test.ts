import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** The dependencies that each workspace package may have. A new dependency is a change of the architecture. */
const allowed: Record<string, readonly string[]> = {
  proto: [],
  shared: [],
  telemetry: ["shared"],
  grpc: ["shared", "proto"],
  runtime: ["shared", "telemetry", "proto", "grpc", "destinations"],
  engine: ["shared", "telemetry"],
  documents: ["shared"],
  destinations: [],
  // It knows no jobs: the worker SDK calls models for attempts.
  models: ["shared", "extractive"],
  // The gateway and the worker read the same requests.
  "job-types": ["shared"],
  extractive: ["shared"],
  // It is for programs that use nothing else of Millrace.
  bullmq: [],
  client: ["shared", "proto", "grpc"],
  configuration: ["shared", "proto"],
  cli: ["shared", "proto", "client", "configuration"],
  "worker-sdk": ["shared", "proto", "grpc"],
  // The package testing builds on local, so local may not depend on packages that are tested with testing.
  local: ["proto", "grpc"],
  testing: ["shared", "local"],
  gateway: [
    ...["shared", "telemetry", "runtime", "grpc", "proto", "documents", "destinations"],
    "job-types",
  ],
  scheduler: [
    ...["shared", "telemetry", "runtime", "proto", "engine", "configuration", "documents"],
    "destinations",
  ],
  worker: [
    ...["shared", "telemetry", "runtime", "proto", "worker-sdk", "documents", "extractive"],
    ...["destinations", "job-types", "models"],
  ],
};

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  /** Only published packages have it. */
  readonly publishConfig?: object;
}

function manifests(): [string, Manifest][] {
  return ["packages", "services"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name): [string, Manifest] => [
      name,
      JSON.parse(readFileSync(join(root, folder, name, "package.json"), "utf8")) as Manifest,
    ]),
  );
}

const scope = "@millrace/";

const workspaceDependencies = ({ dependencies = {} }: Manifest): string[] =>
  Object.keys(dependencies)
    .filter((dependency) => dependency.startsWith(scope))
    .map((dependency) => dependency.slice(scope.length));

const folderOf = (name: string): string =>
  ["packages", "services"]
    .map((parent) => join(root, parent, name))
    .find((path) => existsSync(path)) ?? "";

test.each(manifests())(
  "%s has only the dependencies that the architecture allows",
  (name, manifest) => {
    const used = workspaceDependencies(manifest);
    expect(allowed[name], `add ${name} to the table in this file`).toBeDefined();
    expect(used.filter((dependency) => !allowed[name]?.includes(dependency))).toEqual([]);
  },
);

test("only the engine imports bullmq or ioredis", () => {
  const importers = manifests()
    .filter(([, manifest]) =>
      Object.keys(manifest.dependencies ?? {}).some((key) => key === "bullmq" || key === "ioredis"),
    )
    .map(([name]) => name);
  expect(importers).toEqual(["engine"]);
});

test("only packages/grpc sets channel options, so that clients do not differ by accident", () => {
  const server = join("packages", "runtime", "src", "serve.ts");
  const named = globSync("{packages,services}/*/src/**/*.ts", { cwd: root })
    .filter((path) => !path.endsWith(".test.ts"))
    .filter((path) => /"grpc\.[a-z_]+"/.test(readFileSync(join(root, path), "utf8")));
  expect(named.sort()).toEqual(["packages/grpc/src/channel-options.ts", server]);
});

/** Packages that a script runs by name, that the compiler reads, or that are data, so that no file imports them. */
const tools =
  /^(typescript|@types\/.+|@bufbuild\/(buf|protoc-gen-es)|@tesseract\.js-data\/[a-z_]+)$/;

test.each(manifests())("%s imports every package that it depends on", (name, manifest) => {
  // A published package also needs what the packages import that its build puts into it.
  const parts = manifest.publishConfig === undefined ? [] : workspaceDependencies(manifest);
  const code = [name, ...parts].map((part) => sourcesBelow(folderOf(part))).join("\n");
  const named = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const idle = named.filter(
    (dependency) =>
      !tools.test(dependency) &&
      !new RegExp(`(from |import\\()"${dependency}(/[^"]*)?"`).test(code),
  );
  expect(idle).toEqual([]);
});

function sourcesBelow(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== "node_modules")
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sourcesBelow(path);
      return /\.(ts|js)$/.test(entry.name) ? readFileSync(path, "utf8") : "";
    })
    .join("\n");
}
