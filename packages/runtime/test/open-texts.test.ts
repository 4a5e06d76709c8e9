import { expect, test } from "vitest";
import { startHttpServer } from "./http-server.ts";
import { ping, refusesNo } from "./plain-routes.ts";

async function setup() {
  const server = await startHttpServer(
    {},
    {
      routes: [ping],
      texts: [{ path: "/about.json", contentType: "application/json", text: '{"a":"ü"}' }],
      authenticate: refusesNo,
    },
  );
  const ask = (headers: Record<string, string> = {}, method = "GET") =>
    fetch(`${server.url}/about.json`, { method, headers });
  return { ...server, ask, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

test("a text is served to callers whose credential is refused, and is no call", async () => {
  await using server = await setup();
  expect((await fetch(`${server.url}/ping`, { headers: { authorization: "no" } })).status).toBe(
    401,
  );
  const calls = server.codes().length;
  const answer = await server.ask({ authorization: "no" });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
  expect(await answer.json()).toEqual({ a: "ü" });
  expect(server.codes()).toHaveLength(calls);
});

test("a caller that has the text gets 304 without it, and another tag gets it", async () => {
  await using server = await setup();
  const etag = (await server.ask()).headers.get("etag") ?? "";
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const answer = await server.ask({ "if-none-match": known });
    expect([answer.status, answer.headers.get("etag")]).toEqual([304, etag]);
    expect(await answer.text()).toBe("");
  }
  expect((await server.ask({ "if-none-match": '"other"' })).status).toBe(200);
});

test("HEAD gets the headers, and another method is refused", async () => {
  await using server = await setup();
  const head = await server.ask({}, "HEAD");
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
    200,
    "10",
    "",
  ]);
  const post = await server.ask({}, "POST");
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
});
