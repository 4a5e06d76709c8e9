import { loadConfig } from "@millrace/runtime";
import { numericSettings } from "@millrace/testing";
import { expect, test } from "vitest";
import { GatewayConfig } from "./config.ts";

const load = (env: Record<string, string>) =>
  loadConfig(GatewayConfig, {
    MILLRACE_SCHEDULER_ADDRESS: "127.0.0.1:7071",
    MILLRACE_DOCUMENTS_DIR: "/documents",
    ...env,
  });

test("uses defaults for settings that are left out: loopback, and no token", () => {
  expect(load({})).toMatchObject({ host: "127.0.0.1", port: 7400, httpHost: "127.0.0.1" });
  expect(load({}).internalToken).toBeUndefined();
});

test("reports all problems at once", () => {
  const wrong = { MILLRACE_SCHEDULER_ADDRESS: "", MILLRACE_HTTP_ALLOWED_ORIGINS: "app.example" };
  expect(() => load(wrong)).toThrow(
    /MILLRACE_HTTP_ALLOWED_ORIGINS[\s\S]*MILLRACE_SCHEDULER_ADDRESS/,
  );
});

/** The greatest integer that a number holds exactly. */
const NO_BOUND = Number.MAX_SAFE_INTEGER;
const bounds = [
  ["MILLRACE_GATEWAY_PORT", 0, 65_535],
  ["MILLRACE_HTTP_PORT", 0, 65_535],
  ["MILLRACE_METRICS_PORT", 0, 65_535],
  ["MILLRACE_SCHEDULER_DEADLINE_MS", 100, 600_000],
  ["MILLRACE_STREAM_UNANSWERED", 1, NO_BOUND],
  ["MILLRACE_STREAM_UNFINISHED", 1, NO_BOUND],
  ["MILLRACE_STREAM_AGE_MS", 100, 3_600_000],
  ["MILLRACE_STREAMS_PER_KEY", 1, NO_BOUND],
  ["MILLRACE_AWAITED_PER_KEY", 1, NO_BOUND],
  ["MILLRACE_SUBMISSIONS_PER_KEY", 1, NO_BOUND],
  ["MILLRACE_UPLOADS_PER_KEY", 1, NO_BOUND],
  ["MILLRACE_UPLOAD_IDLE_MS", 100, 3_600_000],
  ["MILLRACE_UPLOAD_MS", 100, 86_400_000],
  ["MILLRACE_DOCUMENT_BYTES", 1, NO_BOUND],
  ["MILLRACE_DOCUMENT_BYTES_PER_KEY", 0, NO_BOUND],
  ["MILLRACE_DOCUMENT_RETENTION_MS", 60_000, NO_BOUND],
  ["MILLRACE_DOCUMENT_COLLECT_MS", 1_000, 86_400_000],
  ["MILLRACE_DOCUMENT_GRACE_MS", 1_000, 86_400_000],
  ["MILLRACE_BATCH_FILE_BYTES", 1, NO_BOUND],
  ["MILLRACE_SYNC_WAIT_MS", 1_000, 86_400_000],
  ["MILLRACE_JOB_TOKEN_MS", 1_000, 86_400_000],
  ["MILLRACE_KEY_CACHE_MS", 0, 600_000],
  ["MILLRACE_KEY_LOOKUPS_PER_ADDRESS", 1, NO_BOUND],
  ["MILLRACE_MESSAGE_MS", 100, 3_600_000],
  ["MILLRACE_CONNECTIONS_PER_ADDRESS", 1, NO_BOUND],
  ["MILLRACE_UNFINISHED_PER_ADDRESS", 1, NO_BOUND],
  ["MILLRACE_HEALTH_CALLS_PER_CONNECTION", 1, NO_BOUND],
  ["MILLRACE_INFLOW_BYTES_PER_CONNECTION", 1, NO_BOUND],
  ["MILLRACE_INFLOW_BYTES_PER_ADDRESS", 1, NO_BOUND],
  ["MILLRACE_INFLOW_BYTES_PER_KEY", 1, NO_BOUND],
  ["MILLRACE_TLS_RELOAD_MS", 100, 86_400_000],
  ["MILLRACE_SECRETS_RELOAD_MS", 100, 3_600_000],
  ["MILLRACE_S3_TIMEOUT_MS", 100, 600_000],
  ["MILLRACE_DOCUMENT_ADDRESS_MS", 1_000, 43_200_000],
  ["MILLRACE_READY_GRACE_MS", 1_000, 3_600_000],
  ["MILLRACE_LINGER_MS", 0, 600_000],
] as const;

test("lists the bounds of every numeric setting in the table", () => {
  expect(bounds.map(([name]) => name).sort()).toEqual(numericSettings(GatewayConfig));
});

test.each(bounds)("accepts %s from %i to %i", (name, least, most) => {
  for (const value of [least, most]) load({ [name]: String(value) });
  for (const value of [least - 1, most + 1]) {
    expect(() => load({ [name]: String(value) })).toThrow(`${name}: `);
  }
});

test("says of every wrong setting what it must be, with its name and in no words of a library", () => {
  for (const { env } of Object.values(GatewayConfig.settings)) {
    for (const value of ["30s", "abc", "-1", "1.5", "No Good!", ","]) {
      try {
        load({ [env]: value });
      } catch (error) {
        const { problems } = error as { problems: readonly string[] };
        for (const problem of problems) {
          expect(problem).toMatch(/^[A-Z0-9_]+( and [A-Z0-9_]+| or [A-Z0-9_]+)?: /);
          expect(problem).not.toMatch(/Invalid|expected|received|Too (small|big)/);
        }
      }
    }
  }
});
