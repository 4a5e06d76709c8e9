import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSystem } from "@millrace/local";
import { testAuthority } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { run } from "./setup.ts";

async function setup() {
  const folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const authority = testAuthority();
  const files = {
    ca: authority.ca,
    ...Object.fromEntries(
      ["gateway", "caller"].flatMap((name) => {
        const { cert, key } = authority.issue(name);
        return [
          [`${name}-cert`, cert],
          [`${name}-key`, key],
        ];
      }),
    ),
  } as Record<string, Buffer>;
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const path = (name: string) => join(folder, name);
  const system = await startSystem({
    workers: 0,
    settings: {
      gateway: {
        MILLRACE_TLS_CERT_FILE: path("gateway-cert"),
        MILLRACE_TLS_KEY_FILE: path("gateway-key"),
        MILLRACE_TLS_CLIENT_CA_FILE: path("ca"),
      },
    },
  });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const env = {
    MILLRACE_ADDRESS: `https://${system.gatewayTarget()}`,
    MILLRACE_API_KEY: system.apiKey,
    MILLRACE_TIMEOUT: "5s",
  };
  const trusting = { ...env, MILLRACE_TLS_CA: path("ca") };
  const own = { MILLRACE_TLS_CERT: path("caller-cert"), MILLRACE_TLS_KEY: path("caller-key") };
  return { env, trusting, own };
}

test("the command calls a TLS gateway with the gateway's CA and its own client certificate", async () => {
  const { env, trusting, own } = await setup();
  expect(await run(["list"], { ...trusting, ...own })).toMatchObject({
    code: 0,
    out: "There are no jobs.\n",
  });
  const plain = trusting.MILLRACE_ADDRESS.replace("https://", "");
  expect((await run(["list"], { ...trusting, ...own, MILLRACE_ADDRESS: plain })).code).toBe(0);
  const strange = await run(["submit", "chat"], { ...env, ...own });
  expect(strange).toMatchObject({
    code: 3,
    err: expect.stringContaining("Cannot reach the gateway"),
  });
  expect((await run(["submit", "chat"], trusting)).code).toBe(3);
  const half = await run(["list"], { ...trusting, MILLRACE_TLS_CERT: own.MILLRACE_TLS_CERT });
  expect(half).toMatchObject({ code: 2, err: expect.stringContaining("must be given together") });
});

test.each([
  ["https://a,b:1", "mixes addresses"],
  [" , ", "names no address"],
])("the address %j is wrong usage", async (address, message) => {
  const env = { MILLRACE_API_KEY: "mr_abcd_x", MILLRACE_ADDRESS: address };
  expect(await run(["list"], env)).toMatchObject({
    code: 2,
    err: expect.stringContaining(message),
  });
});
