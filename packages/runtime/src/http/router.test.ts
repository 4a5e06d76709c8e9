import { expect, test } from "vitest";
import { createRouter } from "./router.ts";

const endpoint = (method: string, path: string) => ({ method, path, serve: async () => undefined });
const find = createRouter([
  endpoint("POST", "/v1/jobs"),
  endpoint("GET", "/v1/jobs"),
  endpoint("GET", "/v1/jobs/{id}"),
  endpoint("DELETE", "/v1/jobs/{id}"),
  endpoint("GET", "/v1/jobs/{id}/events"),
  endpoint("GET", "/v1/groups/{id}"),
  endpoint("POST", "/v1/groups/{id}:close"),
]);

test("reads a path's parameters, decoded", () => {
  expect(find("GET", "/v1/jobs/a%7Eb/events")).toMatchObject({
    kind: "found",
    endpoint: { path: "/v1/jobs/{id}/events" },
    params: { id: "a~b" },
  });
  expect(find("GET", "/v1/jobs/%")).toMatchObject({ params: { id: "%" } });
});

test("reads a parameter that a verb follows", () => {
  expect(find("POST", "/v1/groups/a%7Eb:close")).toMatchObject({
    kind: "found",
    endpoint: { path: "/v1/groups/{id}:close" },
    params: { id: "a~b" },
  });
  expect(find("GET", "/v1/groups/a")).toMatchObject({ endpoint: { path: "/v1/groups/{id}" } });
  expect(find("POST", "/v1/groups/a")).toEqual({
    kind: "otherMethod",
    allow: "GET, HEAD, OPTIONS",
  });
  expect(find("POST", "/v1/groups/a:open")).toMatchObject({ kind: "otherMethod" });
});

test("an address with a verb has the methods of the verb, and not those of the address before it", () => {
  const allow = "POST, OPTIONS";
  expect(find("GET", "/v1/groups/a:close")).toEqual({ kind: "otherMethod", allow });
  expect(find("OPTIONS", "/v1/groups/a:close")).toEqual({ kind: "otherMethod", allow });
});

test("routes HEAD like GET", () => {
  expect(find("HEAD", "/v1/jobs/a")).toMatchObject({ endpoint: { method: "GET" } });
});

test("names the methods of a path that is called with another one", () => {
  expect(find("PUT", "/v1/jobs/a")).toEqual({
    kind: "otherMethod",
    allow: "GET, DELETE, HEAD, OPTIONS",
  });
  expect(find("HEAD", "/v1/jobs")).toMatchObject({ kind: "found" });
});

test.each(["/", "/v1", "/v1/jobs/", "/v1/jobs/a/", "/v1/jobs/a/events/b", "/v1//jobs"])(
  "finds nothing at %s unless the path ends with a parameter",
  (path) => {
    expect(find("GET", path).kind).toBe(path === "/v1/jobs/" ? "found" : "notFound");
  },
);
