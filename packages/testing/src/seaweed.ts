import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@millrace/local";
import { sleep, systemClock } from "@millrace/shared";
import type { ObjectServer } from "./s3-server.ts";

const START_MS = 60_000;
const LOOK_MS = 100;

/** Starts a SeaweedFS with one bucket, in memory and a directory of its own. `weed` is its command. */
export async function startSeaweed(weed: string): Promise<ObjectServer> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-weed-"));
  const access = { region: "us-east-1", accessKeyId: "millrace", secretAccessKey: "not-a-secret" };
  const bucket = "documents";
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = access;
  const identity = {
    name: "millrace",
    credentials: [{ accessKey, secretKey }],
    actions: ["Admin"],
  };
  const config = join(directory, "s3.json");
  await writeFile(config, JSON.stringify({ identities: [identity] }));
  const names = ["master.port", "filer.port", "volume.port", "s3.port", "admin.port"].flatMap(
    (name) => [...[name, `${name}.grpc`]],
  );
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await freePort());
  const flags = {
    ...{ dir: directory, ip: "127.0.0.1", "ip.bind": "127.0.0.1", "s3.config": config, bucket },
    ...{ webdav: "false", "admin.ui": "false", "master.telemetry": "false" },
    ...{ "s3.port.iceberg": "0", "s3.port.lance": "0", "admin.port.legacy": "0" },
    ...Object.fromEntries(ports),
  };
  const args = Object.entries(flags).map(([name, value]) => `-${name}=${value}`);
  const child = spawn(weed, ["mini", ...args], { stdio: "ignore", cwd: directory });
  const address = `127.0.0.1:${ports.get("s3.port")}`;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    await rm(directory, { recursive: true, force: true });
  };
  const untilMs = systemClock.nowMs() + START_MS;
  while (!(await answers(`http://${address}/${bucket}`))) {
    if (systemClock.nowMs() > untilMs || child.exitCode !== null) {
      await stop();
      throw new Error(`${weed} mini did not start within ${START_MS} ms`);
    }
    await sleep(systemClock, LOOK_MS);
  }
  return {
    ...{ address, endpoint: `http://${address}`, bucket, access },
    [Symbol.asyncDispose]: stop,
  };
}

/** Whether the server knows the bucket: it refuses those who have no key, and says so. */
const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ status }) => status === 403,
    () => false,
  );
