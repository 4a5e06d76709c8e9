/**
 * Tests that no URL of a webhook makes the courier connect to the operator's network: by its address, by what its name
 * resolves to, then or later, by a redirect, or by a proxy of the environment.
 */
import { afterAll, expect, onTestFinished, test } from "vitest";
import { INSIDE, OK, OUTSIDE, saying, startCourierProcess, startReceiver } from "./courier.ts";

/** What names resolve to. A name that ends with `.rebind.test` has another address each time. */
const zone: Record<string, readonly string[]> = {
  "outside.test": [OUTSIDE],
  "public.test": ["8.8.8.8"],
  "both.test": [INSIDE, OUTSIDE, "::1"],
  "loopback.test": [INSIDE],
  "loopback6.test": ["::1"],
  "private.test": ["10.0.0.1", "192.168.1.1"],
  "metadata.test": ["169.254.169.254"],
  "metadata6.test": ["fd00:ec2::254"],
  "mapped.test": ["::ffff:127.0.0.1"],
  "mapped-outside.test": [`::ffff:${OUTSIDE}`],
  "nat64.test": ["64:ff9b::7f00:1"],
  "6to4.test": ["2002:7f00:1::"],
  "zero.test": ["0.0.0.0"],
  "multicast.test": ["224.0.0.1", "ff02::1"],
  "cgnat.test": ["100.64.0.1"],
};
const rebinding = (asked: number) => (asked === 0 ? [OUTSIDE] : [INSIDE]);

const inside = await startReceiver(INSIDE, saying(OK));
const port = inside.port;
const outside = await startReceiver(
  OUTSIDE,
  saying(OK.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n")),
  { port },
);
const proxy = await startReceiver(INSIDE, saying(OK));
const courier = await startCourierProcess({
  zone: (name, asked) => (name.endsWith("rebind.test") ? rebinding(asked) : (zone[name] ?? [])),
  settings: {
    MILLRACE_WEBHOOK_TIMEOUT_MS: "15000",
    ...{ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, ALL_PROXY: proxy.url },
    ...{ http_proxy: proxy.url, https_proxy: proxy.url, NODE_USE_ENV_PROXY: "1" },
    // The worker's connection to its scheduler does use a proxy.
    ...{ NO_PROXY: INSIDE, no_proxy: INSIDE },
  },
});
afterAll(async () => {
  await courier[Symbol.asyncDispose]();
  for (const server of [inside, outside, proxy]) server.close();
});

/** Fails the test if anything has connected to the operator's network. */
function guard() {
  const before = outside.connections();
  onTestFinished(() => {
    expect(inside.connections()).toBe(0);
    expect(proxy.connections()).toBe(0);
  });
  return { reached: () => outside.connections() - before };
}

test("a worker that serves only webhooks offers nothing else", () => {
  expect(courier.hello).toMatchObject({ queues: ["millrace-webhooks"], types: ["webhook"] });
});

test("a name with an allowed address is reached, and its address is asked for once", async () => {
  const { reached } = guard();
  expect(await courier.deliver(`http://outside.test:${port}/`)).toMatchObject({
    ...{ reason: undefined, answer: { status: 200, answer: "ok" } },
  });
  expect(reached()).toBe(1);
  expect(courier.dns.asked("outside.test")).toBe(1);
});

test("a name that changes its address between two requests is refused then", async () => {
  const { reached } = guard();
  const url = `http://a.rebind.test:${port}/`;
  expect(await courier.deliver(url)).toMatchObject({ reason: undefined });
  expect(await courier.deliver(url)).toMatchObject({
    ...{ reason: "WEBHOOK_DESTINATION_REFUSED", retryable: true },
    message: "a.rebind.test has no address to which webhooks may be sent.",
  });
  expect(reached()).toBe(1);
});

test("a name is resolved once for a connection: nothing resolves it again between the check and the connection", async () => {
  const { reached } = guard();
  const names = Array.from({ length: 40 }, (_, n) => `n${n}.rebind.test`);
  const ends = await Promise.all(names.map((name) => courier.deliver(`http://${name}:${port}/`)));
  expect(ends.map(({ reason }) => reason)).toEqual(names.map(() => undefined));
  expect(names.map((name) => courier.dns.asked(name))).toEqual(names.map(() => 1));
  expect(reached()).toBe(names.length);
});

test("of several addresses only the allowed ones are connected to", async () => {
  const { reached } = guard();
  for (let n = 0; n < 5; n += 1) {
    expect(await courier.deliver(`http://both.test:${port}/`)).toMatchObject({ reason: undefined });
  }
  expect(reached()).toBe(5);
});

test.each(
  Object.keys(zone).filter((name) => !["outside.test", "both.test", "public.test"].includes(name)),
)("a name with no allowed address is refused: %s", async (name) => {
  const { reached } = guard();
  expect(await courier.deliver(`http://${name}:${port}/`)).toMatchObject({
    reason: "WEBHOOK_DESTINATION_REFUSED",
  });
  expect(reached()).toBe(0);
});

test.each([
  `http://${INSIDE}:${port}/`,
  `http://2130706433:${port}/`,
  `http://0x7f.1:${port}/`,
  `http://0177.0.0.1:${port}/`,
  `http://127.1:${port}/`,
  `http://0:${port}/`,
  `http://[::1]:${port}/`,
  `http://[::ffff:127.0.0.1]:${port}/`,
  `http://[::ffff:7f00:1]:${port}/`,
  `http://[64:ff9b::7f00:1]:${port}/`,
  `http://localhost:${port}/`,
  `http://LOCALHOST.:${port}/`,
  "https://169.254.169.254/latest/meta-data/",
  "https://[fd00:ec2::254]/",
  `http://${OUTSIDE}@${INSIDE}:${port}/`,
  `http://user:password@${OUTSIDE}:${port}/`,
  `http://${OUTSIDE}:${port}@${INSIDE}:${port}/`,
  `http://${INSIDE}:${port}\\@${OUTSIDE}/`,
  `ftp://${OUTSIDE}:${port}/`,
  "file:///etc/passwd",
  "data:text/plain,hello",
  `unix:///var/run/docker.sock`,
])("a URL that leads elsewhere is refused, and nothing is connected to: %s", async (url) => {
  const { reached } = guard();
  expect(await courier.deliver(url)).toMatchObject({ reason: "WEBHOOK_DESTINATION_REFUSED" });
  expect(reached()).toBe(0);
});

test.each([301, 302, 303, 307, 308])(
  "a redirect is a failure and is not followed: %d",
  async (status) => {
    guard();
    for (const location of [
      `http://${INSIDE}:${port}/`,
      "http://169.254.169.254/",
      `//${INSIDE}:${port}/`,
      "/",
    ]) {
      const head = `HTTP/1.1 ${status} Elsewhere\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`;
      const receiver = await startReceiver(OUTSIDE, saying(head));
      onTestFinished(receiver.close);
      expect(await courier.deliver(receiver.url)).toMatchObject({
        ...{ reason: "WEBHOOK_REDIRECT", answer: { status } },
      });
      expect(receiver.connections()).toBe(1);
    }
  },
);

test("plain HTTP is refused where the operator does not allow it, also to a public address", async () => {
  guard();
  for (const url of ["http://8.8.8.8/", "http://public.test/"]) {
    const { reason } = await courier.deliver(url);
    expect(reason, url).toBe("WEBHOOK_DESTINATION_REFUSED");
  }
});
