// Holds the image's recipe to the repository. Building it needs a container engine: deploy/image/README.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const dockerfile = read("deploy/image/Dockerfile");

test("the image is built on the Node that everything is tested with", () => {
  const { node } = JSON.parse(read("toolchain/package.json")).dependencies;
  expect(dockerfile).toContain(`ARG BASE_IMAGE=node:${node}-bookworm-slim\n`);
});

test("the image is built from all that an installation reads, patches too", () => {
  const taken = read("deploy/image/Dockerfile.dockerignore").match(/^!(.*)$/gm) ?? [];
  const patches = [...read("pnpm-workspace.yaml").matchAll(/: (patches)\/\S+$/gm)];
  for (const name of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"]) {
    expect(taken).toContain(`!${name}`);
  }
  for (const [, folder] of patches) expect(taken).toContain(`!${folder}`);
});

test("the image runs as the user that the chart runs it as, and not as root", () => {
  const user = /^USER (\d+):(\d+)$/m.exec(dockerfile);
  const pod = read("deploy/k8s/millrace/templates/_pod.tpl");
  expect(pod).toContain(`runAsUser: ${user?.[1]}\n`);
  expect(pod).toContain(`runAsGroup: ${user?.[2]}\n`);
});

test("Node is process 1, so that signals reach the services", () => {
  expect(dockerfile).toMatch(/^ENTRYPOINT \["node"\]$/m);
});
