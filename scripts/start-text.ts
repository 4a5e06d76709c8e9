import { relative } from "node:path";
import type { LocalSystem } from "@millrace/local";

/** A job that needs no document, as JSON. */
const job = {
  queue: "documents",
  type: "chat",
  payloadStruct: {
    messages: [
      {
        role: "user",
        content:
          "Call me Ishmael. Having little or no money, I thought I would sail about a little and see the watery part of the world.",
      },
    ],
    maxTokens: 32,
  },
};

export interface Started {
  readonly system: LocalSystem;
  readonly apiKey: string;
  readonly folder: string;
}

/** What `npm start` says once everything runs: where it is and how to use it. */
export function startText({ system, apiKey, folder }: Started): string {
  const [scheduler, gateway, worker] = [system.schedulers, system.gateways, system.workers].map(
    ([first]) => first?.addresses ?? {},
  );
  const below = (name: string) => relative("", `${folder}/${name}`);
  const rows: readonly (readonly [string, string, string])[] = [
    ["gateway", `${gateway?.address}`, "gRPC, for callers"],
    ["", system.httpUrl, "HTTP, Connect and gRPC-Web, for callers (docs/http.md)"],
    ["scheduler", `${scheduler?.address}`, "gRPC, for gateways"],
    ["", `${scheduler?.workers}`, "gRPC, for workers"],
    ["", `${scheduler?.admin}`, "gRPC, for operators (AdminService)"],
    ["worker", 'queue "documents"', "job types summarize and chat"],
    ["Redis", `127.0.0.1:${system.redis.port}`, `kept in ${below("redis")}`],
    ["metrics", `http://${gateway?.metrics}/metrics`, "gateway"],
    ["", `http://${scheduler?.metrics}/metrics`, "scheduler"],
    ["", `http://${worker?.metrics}/metrics`, "worker"],
    ["logs", below("logs"), "JSON, a file for each service"],
    ["API key", apiKey, `kept in ${below("api-key")}`],
  ];
  const [first, second] = [0, 1].map((column) =>
    Math.max(
      ...rows.filter(([name]) => name !== "API key").map((row) => row[column as 0 | 1].length),
    ),
  );
  const table = rows.map(
    ([name, value, about]) =>
      `  ${name.padEnd(first ?? 0)}  ${value.padEnd(second ?? 0)}  ${about}`,
  );
  const request = JSON.stringify({ job, wait: "30s" });
  return [
    "Millrace runs on this machine.",
    "",
    ...table,
    "",
    "Submit a job and wait for its result:",
    "",
    `grpcurl -plaintext -H 'authorization: Bearer ${apiKey}' -d '${request}' ${gateway?.address} millrace.jobs.v1.JobService/SubmitJob`,
    "",
    "Ctrl-C stops everything.",
  ].join("\n");
}
