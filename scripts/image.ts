// `npm run image`: builds the container image with Docker or Buildah, and writes which components it has.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
const { version } = read("package.json");
const { values, positionals } = parseArgs({
  options: { tag: { type: "string", default: `millrace:${version}` } },
  allowPositionals: true,
});

const output = (program: string, ...args: string[]) =>
  execFileSync(program, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  }).trim();
const show = (program: string, ...args: string[]) =>
  execFileSync(program, args, { cwd: root, stdio: "inherit" });

const engine = ["docker", "buildah"].find((one) => spawnSync(one, ["--version"]).status === 0);
if (engine === undefined) throw new Error("npm run image needs docker or buildah on PATH");

// Without Git, such as from an archive of the sources, the labels stay empty and files keep the time of the build.
const git = (...args: string[]) => spawnSync("git", args, { cwd: root, encoding: "utf8" });
const revision = git("rev-parse", "HEAD").stdout.trim();
const epoch = process.env.SOURCE_DATE_EPOCH ?? git("log", "-1", "--format=%ct").stdout.trim();
const authorities = process.env.NODE_EXTRA_CA_CERTS;

const common = [
  ...["-f", "deploy/image/Dockerfile", "-t", values.tag],
  ...["--build-arg", `VERSION=${version}`, "--build-arg", `REVISION=${revision}`],
  ...(authorities ? ["--secret", `id=ca,src=${authorities}`] : []),
];
if (engine === "docker") {
  const times = epoch ? ["--build-arg", `SOURCE_DATE_EPOCH=${epoch}`] : [];
  show("docker", "build", ...common, ...times, ...positionals, ".");
} else {
  const ignore = ["--ignorefile", "deploy/image/Dockerfile.dockerignore"];
  const times = epoch ? ["--timestamp", epoch] : [];
  show("buildah", "build", "--layers", ...common, ...ignore, ...times, ...positionals, ".");
}

/** The output of a script that runs in the image. */
function inImage(script: string): string {
  if (engine === "docker") return output("docker", "run", "--rm", values.tag, "-e", script);
  const container = output("buildah", "from", "--pull-never", values.tag);
  try {
    return output("buildah", "run", "--isolation", "chroot", container, "--", "node", "-e", script);
  } finally {
    output("buildah", "rm", container);
  }
}

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

/** Node, and Debian's packages. */
function systemComponents(): Component[] {
  const script = `const { readdirSync, readFileSync } = require("node:fs");
    const folder = "/var/lib/dpkg/status.d/";
    const records = readdirSync(folder).map((name) => readFileSync(folder + name, "utf8"));
    console.log(JSON.stringify({ node: process.version.slice(1), records }))`;
  const { node, records } = JSON.parse(inImage(script));
  const field = (record: string, name: string) =>
    new RegExp(`^${name}: (.*)$`, "m").exec(record)?.[1] ?? "";
  return [
    { type: "application", name: "node", version: node, purl: `pkg:generic/node@${node}` },
    ...records.map((record: string) => {
      const name = field(record, "Package");
      const found = field(record, "Version");
      const of = `arch=${field(record, "Architecture")}&distro=debian`;
      const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(found)}?${of}`;
      return { type: "library", name, version: found, purl };
    }),
  ];
}

const shipped = ["--filter-prod", "{./services/*}...", "--filter-prod", "@millrace/cli..."];
const form = ["--prod", "--sbom-format", "cyclonedx", "--sbom-type", "application"];
const file = join(root, "dist-image/millrace.cdx.json");
mkdirSync(dirname(file), { recursive: true });
show("pnpm", ...shipped, "sbom", ...form, "--out", file);
const bom = JSON.parse(readFileSync(file, "utf8"));
bom.components.push(...systemComponents());
writeFileSync(file, `${JSON.stringify(bom, undefined, 2)}\n`);
console.log(
  `${values.tag} is built. Its ${bom.components.length} components are listed in ${file}`,
);
