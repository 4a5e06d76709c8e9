/** A page in a real browser follows its job. This runs where Chromium is on PATH: `.ci/run` installs it if it can. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSystem } from "@millrace/local";
import { expect, onTestFinished, test } from "vitest";
import { installed } from "../alerts/programs.ts";
import { httpCaller } from "./http-system.ts";

const chromium = installed("no page in a browser follows a job", "chromium");

/** Reports what the page saw. An EventSource sends no header, so the token is in the address. */
const pageOf = (events: string, cancel: string) => `<!doctype html><script>
  const seen = [];
  const source = new EventSource(${JSON.stringify(events)});
  source.addEventListener("text", ({ data }) => seen.push(JSON.parse(data).text));
  source.addEventListener("job", async ({ data }) => {
    const { state } = JSON.parse(data);
    seen.push(state);
    if (state === "JOB_STATE_RUNNING") {
      const answer = await fetch(${JSON.stringify(cancel)}, {
        method: "DELETE",
        headers: { authorization: "Bearer " + new URL(${JSON.stringify(events)}).searchParams.get("token") },
      });
      seen.push("cancel " + answer.status);
      await fetch("/refused", { method: "POST" });
    }
    if (state !== "JOB_STATE_SUCCEEDED") return;
    source.close();
    await fetch("/seen", { method: "POST", body: JSON.stringify(seen) });
  });
</script>`;

/** Serves one page, and resolves `seen` with what the page reports. */
async function servePage() {
  const seen = Promise.withResolvers<unknown>();
  const refused = Promise.withResolvers<void>();
  let page = "";
  const server = createServer(async (request, response) => {
    if (request.url === "/refused") refused.resolve();
    if (request.url === "/seen") {
      let body = "";
      for await (const piece of request) body += piece;
      seen.resolve(JSON.parse(body));
    }
    response.setHeader("content-type", "text/html");
    response.end(request.url === "/" ? page : "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    ...{ seen: seen.promise, refused: refused.promise },
    show: (content: string) => {
      page = content;
    },
  };
}

test.runIf(chromium !== undefined)(
  "a page of another origin follows its job by EventSource, and its token does not cancel",
  async () => {
    const { origin, seen, refused, show } = await servePage();
    const system = await startSystem({
      workers: 0,
      settings: { gateway: { MILLRACE_HTTP_ALLOWED_ORIGINS: origin } },
    });
    onTestFinished(() => system[Symbol.asyncDispose]());
    const { postJob, call, startWorker } = await httpCaller(system);
    const { id } = (await (await postJob()).json()) as { id: string };
    const made = await call(`/v1/jobs/${id}/token`, { method: "POST" });
    const { token } = (await made.json()) as { token: string };
    const address = `${system.httpUrl}/v1/jobs/${id}`;
    show(pageOf(`${address}/events?token=${token}`, address));

    const profile = await mkdtemp(join(tmpdir(), "millrace-browser-"));
    onTestFinished(() => rm(profile, { recursive: true, force: true }));
    const browser = spawn(
      String(chromium),
      ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`, origin],
      { stdio: "ignore" },
    );
    const left = once(browser, "exit");
    onTestFinished(async () => {
      browser.kill("SIGKILL");
      await left;
    });
    const { next } = startWorker();
    const held = await next();
    await held.write("from the worker");
    await refused;
    held.finish(1);
    const events = (await seen) as string[];
    // The page may have opened before the worker took the job.
    expect(events.filter((event) => event !== "JOB_STATE_QUEUED").toSorted()).toEqual([
      ...["JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED", "cancel 403", "from the worker"],
    ]);
  },
);
