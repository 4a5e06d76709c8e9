import { expect, test } from "vitest";
import { z } from "zod";
import {
  documentAddressSettings,
  documentPlaceOf,
  documentPlaceProblems,
  documentPlaceSettings,
} from "./document-settings.ts";
import { ConfigError, defineConfig, loadConfig, setting } from "./load-config.ts";

const config = (needed: boolean) =>
  defineConfig(
    {
      documents: setting("MILLRACE_DOCUMENTS_DIR", z.string().optional(), "directory"),
      ...documentPlaceSettings,
      ...documentAddressSettings,
    },
    (one) => documentPlaceProblems(one, needed),
  );
const place = (env: Record<string, string>) => documentPlaceOf(loadConfig(config(true), env));

function problemsOf(env: Record<string, string>, needed = true): readonly string[] {
  try {
    loadConfig(config(needed), env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test("documents are in the directory or the bucket that is set", () => {
  expect(place({ MILLRACE_DOCUMENTS_DIR: "/documents" })).toEqual({ directory: "/documents" });
  expect(place({ MILLRACE_DOCUMENTS_S3: "s3://mill/a/b/" })).toEqual({
    s3: { bucket: "mill", prefix: "a/b/", timeoutMs: 10_000, addressMs: 900_000 },
  });
  const all = {
    MILLRACE_DOCUMENTS_S3: "s3://mill",
    MILLRACE_S3_ENDPOINT: "http://s3:8333",
    MILLRACE_S3_PUBLIC_ENDPOINT: "https://s3.example.com",
    MILLRACE_S3_REGION: "us-east-1",
    MILLRACE_S3_PATH_STYLE: "off",
    MILLRACE_S3_TIMEOUT_MS: "100",
    MILLRACE_DOCUMENT_ADDRESS_MS: "1000",
  };
  expect(place(all)).toEqual({
    s3: {
      ...{ bucket: "mill", prefix: "", endpoint: "http://s3:8333", region: "us-east-1" },
      ...{ publicEndpoint: "https://s3.example.com", pathStyle: false },
      ...{ timeoutMs: 100, addressMs: 1_000 },
    },
  });
});

test("a place is needed where no other is known, and two are too many", () => {
  const [missing] = problemsOf({});
  expect(missing).toContain("MILLRACE_DOCUMENTS_DIR or MILLRACE_DOCUMENTS_S3");
  expect(problemsOf({}, false)).toEqual([]);
  const both = { MILLRACE_DOCUMENTS_DIR: "/a", MILLRACE_DOCUMENTS_S3: "s3://mill" };
  expect(problemsOf(both, false)).toEqual([expect.stringContaining("set only one")]);
});

test.each([
  ["MILLRACE_DOCUMENTS_S3", "mill"],
  ["MILLRACE_DOCUMENTS_S3", "https://mill/a"],
  ["MILLRACE_DOCUMENTS_S3", "s3://"],
  ["MILLRACE_DOCUMENTS_S3", "s3://mi"],
  ["MILLRACE_DOCUMENTS_S3", "s3://mill/../a"],
  ["MILLRACE_DOCUMENTS_S3", "s3://mill/a b"],
  ["MILLRACE_S3_ENDPOINT", "s3:8333"],
  ["MILLRACE_S3_PUBLIC_ENDPOINT", "ftp://s3"],
  ["MILLRACE_S3_PATH_STYLE", "yes"],
  ["MILLRACE_S3_TIMEOUT_MS", "99"],
  ["MILLRACE_S3_TIMEOUT_MS", "600001"],
  ["MILLRACE_DOCUMENT_ADDRESS_MS", "999"],
  ["MILLRACE_DOCUMENT_ADDRESS_MS", "43200001"],
])("%s refuses %s", (name, value) => {
  expect(problemsOf({ MILLRACE_DOCUMENTS_S3: "s3://mill", [name]: value })).toEqual([
    expect.stringContaining(name),
  ]);
});
