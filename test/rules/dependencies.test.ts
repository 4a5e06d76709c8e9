import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** What each workspace package may depend on, besides itself. An import that is not here is a change of design. */
const allowed: Record<string, readonly string[]> = {
  proto: [],
  shared: [],
  telemetry: ["shared"],
  runtime: ["shared", "telemetry", "proto"],
  engine: ["shared", "telemetry"],
  documents: ["shared"],
  client: ["shared", "proto"],
  "worker-sdk": ["shared", "proto"],
  testing: ["shared"],
  gateway: ["shared", "telemetry", "runtime", "proto", "documents"],
  scheduler: ["shared", "telemetry", "runtime", "proto", "engine"],
  worker: ["shared", "telemetry", "runtime", "proto", "worker-sdk", "documents"],
};

interface Manifest {
  readonly dependencies?: Record<string, string>;
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

test.each(manifests())("%s depends only on what the architecture allows", (name, manifest) => {
  const used = Object.keys(manifest.dependencies ?? {})
    .filter((dependency) => dependency.startsWith(scope))
    .map((dependency) => dependency.slice(scope.length));
  expect(allowed[name], `add ${name} to the table in this file`).toBeDefined();
  expect(used.filter((dependency) => !allowed[name]?.includes(dependency))).toEqual([]);
});

test("only the engine imports bullmq or ioredis", () => {
  const importers = manifests()
    .filter(([, manifest]) =>
      Object.keys(manifest.dependencies ?? {}).some((key) => key === "bullmq" || key === "ioredis"),
    )
    .map(([name]) => name);
  // `testing` uses ioredis to talk to the servers that it starts.
  expect(importers.sort()).toEqual(["engine", "testing"]);
});
