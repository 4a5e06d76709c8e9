/**
 * Runs deploy/prometheus/alertmanager.yaml in the real Alertmanager. Its messages go to a server that answers like Slack's
 * incoming webhooks and PagerDuty's Events API v2, and refuses what these would refuse.
 */

import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { freePort } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { folder, installed, root, startProgram } from "./programs.ts";

const alertmanager = installed(
  "the example of Alertmanager is not tried",
  "prometheus-alertmanager",
  "alertmanager",
);
const KEY = "0123456789abcdef0123456789abcdef";
const SLACK_PATH = "/services/T0000/B0000/XXXX";

interface Enqueued {
  readonly routing_key?: string;
  readonly event_action?: string;
  readonly dedup_key?: string;
  readonly payload?: {
    readonly summary?: string;
    readonly source?: string;
    readonly severity?: string;
    readonly component?: string;
    readonly custom_details?: Readonly<Record<string, string>>;
  };
}

interface Posted {
  readonly channel?: string;
  readonly attachments?: readonly {
    readonly title?: string;
    readonly text?: string;
    readonly color?: string;
  }[];
}

/** Receives messages as Slack and PagerDuty do. The first message to each is refused for load. */
async function startReceivers() {
  const pages: Enqueued[] = [];
  const posts: Posted[] = [];
  const refused: string[] = [];
  const busy = new Set(["/v2/enqueue", SLACK_PATH]);
  const answerOf = (path: string, body: string): [number, string] => {
    if (busy.delete(path)) return [429, "rate limited"];
    if (path === SLACK_PATH) {
      const message = JSON.parse(body) as Posted;
      if ((message.attachments?.length ?? 0) === 0) return [400, "no_text"];
      posts.push(message);
      return [200, "ok"];
    }
    if (path !== "/v2/enqueue") return [404, "no such path"];
    const event = JSON.parse(body) as Enqueued;
    const { summary = "", source = "", severity = "" } = event.payload ?? {};
    const complete =
      event.event_action === "resolve" ||
      (summary !== "" &&
        summary.length <= 1_024 &&
        source !== "" &&
        ["critical", "error", "warning", "info"].includes(severity));
    if (event.routing_key !== KEY || !complete) {
      return [400, JSON.stringify({ status: "invalid event", message: "Event object is invalid" })];
    }
    pages.push(event);
    const { dedup_key } = event;
    return [202, JSON.stringify({ status: "success", message: "Event processed", dedup_key })];
  };
  const server = createServer(async (request, response) => {
    const [code, text] = answerOf(request.url ?? "", (await buffer(request)).toString());
    if (code >= 400 && code !== 429) refused.push(`${request.url} ${text}`);
    response.writeHead(code).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, pages, posts, refused };
}

/** Starts Alertmanager with the example, which waits for milliseconds where it says minutes. */
async function setup() {
  const receivers = await startReceivers();
  const directory = await folder();
  const text = await readFile(join(root, "deploy/prometheus/alertmanager.yaml"), "utf8");
  const config = parse(
    text
      .replaceAll("/etc/alertmanager", directory)
      .replace("https://events.pagerduty.com", receivers.url)
      .replace(/group_wait: \w+/g, "group_wait: 100ms")
      .replace(/group_interval: \w+/g, "group_interval: 300ms"),
  ) as object;
  const file = join(directory, "alertmanager.yaml");
  await writeFile(file, stringify(config));
  await writeFile(join(directory, "pagerduty-key"), KEY);
  await writeFile(join(directory, "slack-url"), `${receivers.url}${SLACK_PATH}`);
  const address = `127.0.0.1:${await freePort()}`;
  await startProgram(
    alertmanager ?? "",
    [
      ...[`--config.file=${file}`, `--web.listen-address=${address}`, "--cluster.listen-address="],
      `--storage.path=${join(directory, "data")}`,
    ],
    "Listening on",
  );
  /** Sends alerts as Prometheus does. */
  const raise = async (
    alertname: string,
    labels: Readonly<Record<string, string>>,
    annotations: Readonly<Record<string, string>>,
    endsAt?: Date,
  ) => {
    const alert = { labels: { alertname, ...labels }, annotations, endsAt: endsAt?.toISOString() };
    const response = await fetch(`http://${address}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([alert]),
    });
    expect(response.status).toBe(200);
  };
  const seen = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 50 });
  return { ...receivers, raise, seen };
}

const failures = {
  summary: "700 jobs of queue mail failed for good in 15 minutes",
  runbook: "docs/runbooks/failures-rising.md",
};
const exhausted = {
  summary: "openai/m says that the account's quota or money is used up",
  runbook: "docs/runbooks/provider-refusing.md",
};

test.skipIf(alertmanager === undefined)(
  "a ticket is posted to Slack and a page goes to PagerDuty, each with its summary and runbook, and both are resolved",
  async () => {
    const { pages, posts, refused, raise, seen } = await setup();
    const ticket = { severity: "ticket", queue: "mail" };
    await raise("MillraceFailuresRising", ticket, failures);
    await raise("MillraceProviderQuotaExhausted", { severity: "page" }, exhausted);
    await seen(() => expect([posts.length, pages.length]).toEqual([1, 1]));
    expect(posts[0]).toMatchObject({
      channel: "#millrace",
      attachments: [{ title: "MillraceFailuresRising", color: "warning" }],
    });
    const posted = posts[0]?.attachments?.[0]?.text;
    expect(posted).toContain(failures.summary);
    expect(posted).toContain(failures.runbook);
    expect(pages[0]).toMatchObject({
      event_action: "trigger",
      payload: {
        ...{ summary: exhausted.summary, severity: "critical" },
        custom_details: { runbook: exhausted.runbook },
      },
    });
    const over = new Date();
    await raise("MillraceFailuresRising", ticket, failures, over);
    await raise("MillraceProviderQuotaExhausted", { severity: "page" }, exhausted, over);
    await seen(() => expect([posts.length, pages.length]).toEqual([2, 2]));
    expect(posts[1]?.attachments?.[0]?.title).toBe("Resolved: MillraceFailuresRising");
    expect(pages[1]).toMatchObject({ event_action: "resolve", dedup_key: pages[0]?.dedup_key });
    expect(refused).toEqual([]);
  },
);

test.skipIf(alertmanager === undefined)(
  "an outage of the schedulers is one page, although gateways are not ready and answer with errors",
  async () => {
    const { pages, raise, seen } = await setup();
    const page = { severity: "page" };
    const about = (summary: string) => ({ summary, runbook: "docs/runbooks/service-gone.md" });
    await raise("MillraceServiceGone", { ...page, service: "scheduler" }, about("no scheduler"));
    await seen(() => expect(pages).toHaveLength(1));
    await raise("MillraceNotReady", { ...page, service: "gateway" }, about("not ready"));
    await raise("MillraceGatewayErrors", page, about("errors"));
    // Alertmanager sends groups in order, so when this one arrives the others would have arrived.
    await raise("MillraceRedisFull", page, about("full"));
    await seen(() => expect(pages.map((one) => one.payload?.summary)).toContain("full"));
    expect(pages.map((one) => one.payload?.summary)).toEqual(["no scheduler", "full"]);
  },
);
