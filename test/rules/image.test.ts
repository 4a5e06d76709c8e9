// Checks the image's Dockerfile against the repository. Building the image needs a container engine:
// deploy/image/README.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const dockerfile = read("deploy/image/Dockerfile");

test("the image is built on the Node version of the tests", () => {
  const { optionalDependencies } = JSON.parse(read("toolchain/package.json"));
  const versions = [...new Set(Object.values(optionalDependencies))];
  expect(versions).toHaveLength(1);
  expect(dockerfile).toContain(`ARG BASE_IMAGE=node:${versions[0]}-bookworm-slim\n`);
});

test("the toolchain's lockfile has the versions of its packages, each with a content hash", () => {
  const { dependencies, optionalDependencies } = JSON.parse(read("toolchain/package.json"));
  const text = read("toolchain/package-lock.json");
  const { packages } = JSON.parse(text);
  for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies })) {
    expect(packages[`node_modules/${name}`]).toMatchObject({
      ...{ version, integrity: expect.stringMatching(/^sha512-/) },
    });
  }
  expect(text).not.toMatch(/https?:/);
});

test("the image is built from all files that an installation reads, including patches", () => {
  const taken = read("deploy/image/Dockerfile.dockerignore").match(/^!(.*)$/gm) ?? [];
  const patches = [...read("pnpm-workspace.yaml").matchAll(/: (patches)\/\S+$/gm)];
  const inputs = ["package.json", ".pnpmfile.mjs", "pnpm-lock.yaml", "pnpm-workspace.yaml"];
  for (const name of inputs) {
    expect(taken).toContain(`!${name}`);
  }
  for (const [, folder] of patches) expect(taken).toContain(`!${folder}`);
  const own = [...dockerfile.matchAll(/deploy\/image\/[a-z.]+/g)].map(([path]) => path);
  expect(own.length).toBeGreaterThan(1);
  for (const path of own.filter((path) => !path.endsWith("Dockerfile"))) {
    expect(taken).toContain(`!${path}`);
  }
});

test("the image runs as the same user as the chart sets, which is not root", () => {
  const user = /^USER (\d+):(\d+)$/m.exec(dockerfile);
  const values = read("deploy/k8s/millrace/values.yaml");
  expect(values).toContain(`runAsUser: ${user?.[1]}\n`);
  expect(values).toContain(`runAsGroup: ${user?.[2]}\n`);
});

test("Node is process 1, so that signals reach the services", () => {
  expect(dockerfile).toMatch(/^ENTRYPOINT \["\/usr\/local\/bin\/node"\]$/m);
});
