// `npm run cluster`: a real Kubernetes of two nodes on this machine, and the tests that use it.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../test/kubernetes/cluster");

function run(program: string, args: readonly string[] = []): void {
  const { status } = spawnSync(program, args, {
    stdio: "inherit",
    env: { ...process.env, MILLRACE_CLUSTER_TESTS: "1" },
  });
  if (status !== 0) process.exit(status ?? 1);
}

const script = (name: string) => run(join(folder, name));

const verbs: Readonly<Record<string, (args: readonly string[]) => void>> = {
  build: () => script("build.sh"),
  up() {
    for (const name of ["packages.sh", "build.sh", "images.sh", "up.sh", "load.sh"]) script(name);
  },
  test(args) {
    script("packages.sh");
    run("pnpm", ["exec", "vitest", "run", "--project", "kubernetes", ...args]);
  },
  down: () => script("down.sh"),
};

const [verb = "", ...args] = process.argv.slice(2);
const work = verbs[verb];
if (work === undefined) {
  process.stderr.write(
    `millrace: say what to do: npm run cluster -- ${Object.keys(verbs).join("|")}\n`,
  );
  process.exit(2);
}
work(args);
