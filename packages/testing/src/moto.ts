import { spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "@millrace/local";
import { sleep, systemClock } from "@millrace/shared";
import type { ObjectServer } from "./s3-server.ts";

const START_MS = 60_000;
const LOOK_MS = 100;

/** Starts a server of moto, the simulation of AWS, with one bucket in memory. `python` has `moto[server]`. It verifies no signatures. */
export async function startMoto(python: string): Promise<ObjectServer> {
  const access = { region: "us-east-1", accessKeyId: "millrace", secretAccessKey: "not-a-secret" };
  const bucket = "documents";
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const args = ["-m", "moto.server", "--host", "127.0.0.1", "--port", String(port)];
  const child = spawn(python, args, { stdio: "ignore" });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  const untilMs = systemClock.nowMs() + START_MS;
  while (!(await creates(`http://${address}/${bucket}`))) {
    if (systemClock.nowMs() > untilMs || child.exitCode !== null) {
      await stop();
      throw new Error(`${python} -m moto.server did not start within ${START_MS} ms`);
    }
    await sleep(systemClock, LOOK_MS);
  }
  return {
    ...{ address, endpoint: `http://${address}`, bucket, access },
    [Symbol.asyncDispose]: stop,
  };
}

/** Creates a bucket, if the server answers. */
const creates = (url: string): Promise<boolean> =>
  fetch(url, { method: "PUT" }).then(
    ({ ok }) => ok,
    () => false,
  );
