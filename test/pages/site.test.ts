/** Builds the site of the documentation, and opens it in a real browser where Chromium is on PATH. */
import { execFile } from "node:child_process";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, extname, join } from "node:path";
import { promisify } from "node:util";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { installed } from "../alerts/programs.ts";

const root = join(import.meta.dirname, "../..");
const dist = join(root, "site/.vitepress/dist");
const BUILD_TIMEOUT_MS = 900_000;
const chromium = installed("the site is not opened in a browser", "chromium");

/** Where a program of PATH is. */
const pathOf = (program: string): string =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(existsSync) ?? program;

const types: Readonly<Record<string, string>> = {
  ...{ ".html": "text/html", ".js": "text/javascript", ".css": "text/css" },
  ...{ ".svg": "image/svg+xml", ".woff2": "font/woff2", ".json": "application/json" },
};

/** Serves the site, and nothing beside it. */
const server = createServer(({ url = "/" }, response) => {
  const path = join(dist, decodeURIComponent(new URL(url, "http://site").pathname));
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "index.html") : path;
  if (!existsSync(file)) return void response.writeHead(404).end();
  response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
  createReadStream(file).pipe(response);
});

let origin = "";
beforeAll(async () => {
  const args = ["--silent", "--filter", "@millrace/site", "build"];
  // Its output is the failure's message.
  await promisify(execFile)("pnpm", args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, BUILD_TIMEOUT_MS);
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("the site has the pages that people look for", () => {
  const pages = ["index", "docs/index", "docs/client", "reference/cli", "reference/client"];
  const more = ["reference/proto/millrace.jobs.v1", "source/examples/first-job/first-job.ts"];
  for (const page of [...pages, ...more])
    expect(existsSync(join(dist, `${page}.html`)), page).toBe(true);
});

describe.skipIf(chromium === undefined)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await puppeteer.launch({
      executablePath: pathOf(String(chromium)),
      args: ["--no-sandbox", "--disable-gpu"],
    });
  });
  afterAll(() => browser?.close());

  /** Opens a page of the site. Fails the test if it loads something from elsewhere, or a script of it fails. */
  async function open(path: string, width: number): Promise<Page> {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !url.startsWith("data:")) faults.push(`loads ${url}`);
    });
    page.on("response", (response) => {
      if (!response.ok()) faults.push(`${response.status()} of ${response.url()}`);
    });
    page.on("pageerror", (error) => faults.push(String(error)));
    onTestFinished(async () => {
      await page.close();
      expect(faults).toEqual([]);
    });
    await page.setViewport({ width, height: 900 });
    await page.goto(`${origin}/${path}`, { waitUntil: "networkidle0" });
    return page;
  }

  const shown = [
    ...["", "ARCHITECTURE.html", "CHANGELOG.html", "docs/http.html", "docs/settings.html"],
    ...["docs/tracing.html", "docs/benchmarks.html", "reference/charts.html", "reference/cli.html"],
    ...["reference/client.html", "reference/proto/millrace.jobs.v1.html"],
    "source/examples/first-job/first-job.ts.html",
  ];
  test.each([390, 1_280])("no page scrolls sideways at a width of %d", async (width) => {
    for (const path of shown) {
      const page = await open(path, width);
      expect(await page.$$(".vp-doc h1"), path).toHaveLength(1);
      const scrollWidth = await page.evaluate("document.documentElement.scrollWidth");
      expect(scrollWidth, path).toBeLessThanOrEqual(width);
    }
  });

  test("the search finds a page by a word in it", async () => {
    const page = await open("", 1_280);
    await page.click(".DocSearch-Button");
    await page.waitForSelector(".search-input");
    await page.type(".search-input", "SubmitStream");
    await page.waitForSelector('.results a[href*="reference/proto/millrace.jobs.v1"]');
  });

  test("dark mode changes the colours of the page and of its diagrams", async () => {
    const page = await open("ARCHITECTURE.html", 1_280);
    const colours = async () =>
      (await page.evaluate(`[
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector(".picture text")).fill,
      ]`)) as string[];
    const light = await colours();
    await page.click(".VPNavBarAppearance .VPSwitchAppearance");
    await page.waitForSelector("html.dark");
    const dark = await colours();
    expect(dark).not.toEqual(light);
    expect(dark[0]).toBe("rgb(27, 27, 31)");
    expect(new Set([...light, ...dark]).size).toBe(4);
  });
});
