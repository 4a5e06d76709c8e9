/** Runs proxies with the configurations of docs/proxies.md. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalSystem } from "@millrace/local";
import { freePort } from "@millrace/testing";
import { onTestFinished } from "vitest";

const page = await readFile(join(import.meta.dirname, "../../../docs/proxies.md"), "utf8");
/** The block of the page in a language. */
export const blockOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1] ?? "";

/** Whether a program is there. If not, the reports say that it is not tested. */
export const installed = (program: string, ...args: string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write(
      `SKIPPED: ${program} is not installed, so docs/proxies.md is not tested with it.\n`,
    );
    return false;
  }
};
/** A folder that is gone when the test has ended. */
export async function folder() {
  const path = await mkdtemp(join(tmpdir(), "millrace-proxy-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Resolves once something listens on the port. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the proxy ended with ${code}`);
  });
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const up = await Promise.race([
      once(socket, "connect").then(
        () => true,
        () => false,
      ),
      ended,
    ]);
    socket.destroy();
    if (up) return;
  }
}

/** Starts a proxy until the test ends. Resolves once it listens on the port. */
export async function startProxy(program: string, args: readonly string[], port: number) {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill();
    await once(child, "exit");
  });
  await listening(port, child).catch((error: Error) => {
    throw new Error(`${error.message}: ${errors.slice(-2_000)}`);
  });
}

/** The port of a gateway, for HTTP or for gRPC. */
export const gatewayPort = (system: LocalSystem, name: "http" | "address"): string =>
  String(system.gateways[0]?.addresses[name]).split(":")[1] ?? "";

/** Starts nginx in front of a gateway, until the test ends. */
export async function startNginx(system: LocalSystem) {
  const directory = await folder();
  const [http, grpc] = [await freePort(), await freePort()];
  const servers = blockOf("nginx")
    .replaceAll("gateway:7480", `127.0.0.1:${gatewayPort(system, "http")}`)
    .replaceAll("gateway:7400", `127.0.0.1:${gatewayPort(system, "address")}`)
    .replace("listen 8080", `listen 127.0.0.1:${http}`)
    .replace("listen 8443", `listen 127.0.0.1:${grpc}`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const config = join(directory, "nginx.conf");
  await writeFile(
    config,
    `daemon off; master_process off; pid ${directory}/pid; error_log stderr;
events {}
http { access_log off; ${temporary.join(" ")}
${servers}}`,
  );
  await startProxy("nginx", ["-e", "stderr", "-c", config], http);
  return { http: `http://127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}` };
}
