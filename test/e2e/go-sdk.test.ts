// The module for Go and its examples. The worker also runs in test/conformance.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startSystem } from "@millrace/local";
import { describe, expect, test } from "vitest";
import { go, goCommand, runGo } from "./go.ts";

const run = promisify(execFile);

describe.skipIf(go === undefined)("with Go (MILLRACE_GO)", () => {
  test("the module and its examples have the form of gofmt and no findings of go vet", () => {
    for (const module of ["sdk/go", "examples/go"] as const) {
      expect(runGo(module, "vet", "./...")).toBe("");
      expect(runGo(module, "fmt", "./...")).toBe("");
    }
  }, 300_000);

  test("a caller submits a job, prints what its worker writes, and its result", async () => {
    await using system = await startSystem();
    const payload = { messages: [{ role: "user", content: "The whale swam. The sea was calm." }] };
    const command = `exec ${goCommand("caller")} chat '${JSON.stringify(payload)}'`;
    const call = (apiKey: string) =>
      run("sh", ["-c", command], {
        env: { ...process.env, MILLRACE_ADDRESS: system.gatewayTarget(), MILLRACE_API_KEY: apiKey },
      });
    const { stdout, stderr } = await call(system.apiKey);
    const [written = "", result = "{}"] = stdout.trim().split("\n");
    expect(written).toContain("whale");
    expect(JSON.parse(result)).toMatchObject({ text: expect.stringContaining("whale") });
    expect(stderr).toMatch(/job documents~/);
    await expect(call("mr_wrongkey_0")).rejects.toThrow(/Unauthenticated/);
  }, 300_000);
});
