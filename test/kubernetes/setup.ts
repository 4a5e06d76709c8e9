/** Brings the cluster up, if it is not, and installs the release. Vitest calls it before the tests, and the function it returns after. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { home } from "./cluster.ts";
import { install, settled } from "./release.ts";

async function script(name: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(join(import.meta.dirname, "cluster", name), args, { stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
}

/** Brings the cluster up. What it returns ends when the image of the last release is there too, which only later checks need. */
async function bringUp(): Promise<{ readonly released: Promise<void> }> {
  await script("build.sh");
  await script("images.sh", "others");
  // One is busy while the other waits.
  await Promise.all([script("images.sh", "millrace"), script("up.sh")]);
  await script("load.sh", "millrace");
  const released = script("load.sh", "released");
  // Whoever waits for it hears of an error.
  released.catch(() => undefined);
  return { released };
}

export async function setup(): Promise<() => Promise<void>> {
  // A cluster that was there before stays there afterwards.
  const own = !existsSync(join(home, "state/mounts.pid"));
  const brought = own ? await bringUp() : undefined;
  await install();
  await settled();
  return async () => {
    try {
      await brought?.released;
    } finally {
      if (own) await script("down.sh");
    }
  };
}
