/**
 * Runs the configurations of docs/proxies.md in the real proxies. A proxy that is not installed is skipped and
 * reported.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMillrace } from "@millrace/client";
import { freePort } from "@millrace/testing";
import { EventSource } from "eventsource";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { httpCaller, startHttpSystem } from "./http-system.ts";

const page = await readFile(join(import.meta.dirname, "../../docs/proxies.md"), "utf8");
const blockOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1] ?? "";

const envoy = process.env.MILLRACE_ENVOY ?? "envoy";
const installed = (program: string, ...args: string[]): boolean => {
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
const has = { nginx: installed("nginx", "-v"), envoy: installed(envoy, "--version") };

const system = await startHttpSystem();
afterAll(() => system[Symbol.asyncDispose]());

async function folder() {
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

async function startProxy(program: string, args: readonly string[], port: number) {
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

const gatewayPort = (name: "http" | "address") =>
  String(system.gateways[0]?.addresses[name]).split(":")[1];

const start = {
  async nginx() {
    const directory = await folder();
    const [http, grpc] = [await freePort(), await freePort()];
    const servers = blockOf("nginx")
      .replaceAll("gateway:7480", `127.0.0.1:${gatewayPort("http")}`)
      .replaceAll("gateway:7400", `127.0.0.1:${gatewayPort("address")}`)
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
  },
  async envoy() {
    const directory = await folder();
    const port = await freePort();
    const config = join(directory, "envoy.yaml");
    await writeFile(
      config,
      blockOf("yaml")
        .replace("address: 0.0.0.0, port_value: 8080", `address: 127.0.0.1, port_value: ${port}`)
        .replace(
          "address: gateway, port_value: 7400",
          `address: 127.0.0.1, port_value: ${gatewayPort("address")}`,
        )
        .replace(
          "address: gateway, port_value: 7480",
          `address: 127.0.0.1, port_value: ${gatewayPort("http")}`,
        ),
    );
    const args = [
      "-c",
      config,
      "--concurrency",
      "1",
      "--disable-hot-restart",
      "--log-level",
      "error",
    ];
    await startProxy(envoy, args, port);
    return { http: `http://127.0.0.1:${port}`, grpc: `127.0.0.1:${port}` };
  },
};

for (const name of ["nginx", "envoy"] as const) {
  test.skipIf(!has[name])(
    `${name}, configured as in docs/proxies.md, passes on all services of a gateway`,
    async () => {
      const { queue, apiKey, startWorker } = await httpCaller(system);
      const proxy = await start[name]();
      const headers = { authorization: `Bearer ${apiKey}` };
      const post = (path: string, body: object) =>
        fetch(proxy.http + path, {
          method: "POST",
          headers: { ...headers, "content-type": "application/json" },
          body: JSON.stringify(body),
        });
      const worker = startWorker();

      // Events arrive as they are written: the second piece is written only after the first was seen.
      const { id } = (await (await post("/v1/jobs", { queue, type: "held" })).json()) as {
        id: string;
      };
      const held = await worker.next();
      const events = new EventSource(`${proxy.http}/v1/jobs/${id}/events`, {
        fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }),
      });
      onTestFinished(() => events.close());
      const texts: string[] = [];
      const ended = new Promise<string>((resolve) => {
        events.addEventListener("text", ({ data }) => {
          texts.push(JSON.parse(data).text);
          if (texts.length === 3) held.finish({ ok: true });
          else void held.write(`piece ${texts.length}`);
        });
        events.addEventListener("job", ({ data }) => {
          const { state } = JSON.parse(data);
          if (state === "JOB_STATE_SUCCEEDED") resolve(state);
        });
      });
      await held.write("piece 0");
      expect(await ended).toBe("JOB_STATE_SUCCEEDED");
      expect(texts).toEqual(["piece 0", "piece 1", "piece 2"]);

      // A caller waits for the end of a job that runs meanwhile.
      const waited = post("/v1/jobs?wait=60", { queue, type: "held" });
      (await worker.next()).finish("waited for");
      expect(await (await waited).json()).toMatchObject({ result: "waited for" });

      // Documents of the largest size, by HTTP and by gRPC.
      const large = Buffer.alloc(60 * 1024 * 1024, "All work and no play. ");
      const uploaded = await fetch(`${proxy.http}/v1/documents?name=large.txt`, {
        method: "PUT",
        headers: { ...headers, "content-type": "text/plain" },
        body: large,
      });
      expect(uploaded.status).toBe(201);
      const millrace = connectMillrace({ address: proxy.grpc, apiKey });
      onTestFinished(() => millrace.close());
      const document = await millrace.uploadDocument(large, {
        name: "large.txt",
        contentType: "text/plain",
      });
      expect(document.sizeBytes).toBe(large.length);

      // Submissions on a stream, their ends, and a watch, by gRPC.
      const running = Array.from({ length: 5 }, () => millrace.run({ queue, type: "held" }));
      for (const [index] of running.entries()) (await worker.next()).finish(index);
      const results = (await Promise.all(running)).map(({ result }) => result);
      expect(new Set(results)).toEqual(new Set([0, 1, 2, 3, 4]));

      // After an early answer, the connection to the gateway must still serve the next caller.
      const refused = await fetch(`${proxy.http}/v1/documents?name=a.txt`, {
        method: "PUT",
        headers: { authorization: "Bearer mr_nobody0000_0", "content-type": "text/plain" },
        body: Buffer.alloc(1024 * 1024),
      });
      expect(refused.status).toBe(401);
      const after = await Promise.all(
        Array.from({ length: 20 }, () =>
          fetch(`${proxy.http}/v1/jobs?queue=${queue}`, { headers }),
        ),
      );
      expect(after.map(({ status }) => status)).toEqual(after.map(() => 200));
    },
    180_000,
  );
}
