import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { testAuthority } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { podApi } from "./pod-api.ts";

const authority = testAuthority();

/** A service account in a folder, and a server that answers as Kubernetes does. */
async function setup(answers: readonly (readonly [number, object])[]) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-pod-api-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: string | Buffer) =>
    writeFileSync(join(folder, name), content);
  write("ca.crt", authority.ca);
  write("namespace", "production");
  write("token", "first");
  const requests: unknown[] = [];
  const left = [...answers];
  const server = createServer(authority.issue("kubernetes"), async (request, response) => {
    const { method, url, headers } = request;
    const body = JSON.parse(await text(request)) as unknown;
    requests.push({
      ...{ method, url, token: headers.authorization, type: headers["content-type"], body },
    });
    const [status, answer] = left.shift() ?? [500, {}];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const port = String((server.address() as AddressInfo).port);
  const env = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: port };
  return { api: podApi(env, folder), write, requests };
}

test("patches a pod of its own namespace, each time with the token that is in the file", async () => {
  const { api, write, requests } = await setup([
    [200, {}],
    [404, { message: 'pods "w 1" not found' }],
  ]);
  expect(await api.annotate("w-1", { cost: "0" })).toBe(true);
  write("token", "second");
  expect(await api.annotate("w 1/x", { cost: "4" })).toBe(false);
  const path = "/api/v1/namespaces/production/pods";
  const patch = { method: "PATCH", type: "application/merge-patch+json" };
  expect(requests).toEqual([
    {
      ...{ ...patch, url: `${path}/w-1`, token: "Bearer first" },
      body: { metadata: { annotations: { cost: "0" } } },
    },
    {
      ...{ ...patch, url: `${path}/w%201%2Fx`, token: "Bearer second" },
      body: { metadata: { annotations: { cost: "4" } } },
    },
  ]);
});

test("says which right is missing", async () => {
  const message = 'pods "w-1" is forbidden: User "s" cannot patch resource "pods"';
  const { api } = await setup([[403, { message }]]);
  await expect(api.annotate("w-1", {})).rejects.toThrow(
    `the Kubernetes API answers 403: ${message}`,
  );
});

test("is not there outside of Kubernetes", () => {
  expect(() => podApi({})).toThrow("MILLRACE_POD_DELETION_COST_MS: unset it outside of Kubernetes");
});
