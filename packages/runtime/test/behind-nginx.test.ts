/**
 * A real nginx as proxy, which keeps its connections to the server for all its callers. Skipped with a message if nginx
 * is not installed.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { startHttpServer } from "./http-server.ts";
import { ping, refusesNo, takes } from "./plain-routes.ts";

function nginxVersion(): string | undefined {
  try {
    return execFileSync("nginx", ["-v"], { stdio: "pipe" }).toString();
  } catch {
    return undefined;
  }
}
const installed = nginxVersion() !== undefined;
if (!installed) {
  process.stderr.write(
    "SKIPPED: nginx is not installed, so nothing is tested behind it. apt-get install nginx\n",
  );
}

/** Resolves with nginx's address once it accepts connections. */
async function startNginx(upstream: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-nginx-"));
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(" ");
  const config = join(directory, "nginx.conf");
  await writeFile(
    config,
    `daemon off; master_process off; pid ${directory}/pid; error_log stderr notice;
events {}
http {
  access_log off; ${temporary} client_max_body_size 20m;
  upstream millrace { server ${upstream} max_fails=0; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://millrace; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_read_timeout 20s;
    }
  }
}`,
  );
  const nginx = spawn("nginx", ["-e", "stderr", "-c", config], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(async () => {
    nginx.kill();
    await once(nginx, "exit");
    await rm(directory, { recursive: true });
  });
  for await (const line of createInterface(nginx.stderr)) {
    if (line.includes("start worker") || line.includes("OS: ")) break;
  }
  nginx.stderr.resume();
  return `http://127.0.0.1:${port}`;
}

const LIMIT = 4 * 1024 * 1024;

test.skipIf(!installed)("fails no other caller's call by one caller's early answers", async () => {
  await using setup = await startHttpServer(
    {},
    { routes: [takes(LIMIT), ping], authenticate: refusesNo },
  );
  const url = await startNginx(setup.server.address);
  const send = async (path: string, bytes: number, headers: Record<string, string> = {}) => {
    const body = Buffer.alloc(bytes, " ");
    const response = await fetch(url + path, { method: "POST", body, headers });
    await response.arrayBuffer();
    return response.status;
  };
  const reported: unknown[] = [];
  const expected: unknown[] = [];
  for (const bytes of [1_000, 200_000, LIMIT + 20_000, LIMIT + 500_000, 2 * LIMIT]) {
    const large = bytes > LIMIT ? 413 : 200;
    for (let round = 0; round < 3; round += 1) {
      reported.push(await send("/things", bytes), await (await fetch(`${url}/ping`)).text());
      reported.push(await send("/things", bytes, { authorization: "no" }));
      reported.push(await (await fetch(`${url}/ping`)).text());
      reported.push(await send("/nothing", bytes), await (await fetch(`${url}/ping`)).text());
      expected.push(large, "pong", 401, "pong", 404, "pong");
    }
  }
  expect(reported).toEqual(expected);
});
