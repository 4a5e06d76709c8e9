/**
 * Runs the configurations of docs/proxies.md in the real proxies. A proxy that is not installed is skipped and
 * reported.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectMillrace } from "@millrace/client";
import { freePort } from "@millrace/testing";
import { EventSource } from "eventsource";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { httpCaller, startHttpSystem } from "./http-system.ts";
import {
  blockOf,
  folder,
  gatewayPort,
  installed,
  startNginx,
  startProxy,
} from "./proxies/start-proxy.ts";

const envoy = process.env.MILLRACE_ENVOY ?? "envoy";
const has = { nginx: installed("nginx", "-v"), envoy: installed(envoy, "--version") };

const system = await startHttpSystem();
afterAll(() => system[Symbol.asyncDispose]());

const start = {
  nginx: () => startNginx(system),
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
          `address: 127.0.0.1, port_value: ${gatewayPort(system, "address")}`,
        )
        .replace(
          "address: gateway, port_value: 7480",
          `address: 127.0.0.1, port_value: ${gatewayPort(system, "http")}`,
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
