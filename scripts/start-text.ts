import { relative } from "node:path";
import type { LocalSystem } from "@millrace/local";

/** The input of a job that needs no document. */
const payload = {
  messages: [
    {
      role: "user",
      content:
        "Call me Ishmael. Some years ago, having little or no money in my purse, I thought I would sail about a little and see the watery part of the world. It is a way I have of driving off the spleen. There is nothing surprising in this.",
    },
  ],
  maxTokens: 40,
};

/** What a program would send to OpenAI. */
const chat = {
  model: "gpt-5-mini",
  messages: [{ role: "user", content: "Call me Ishmael. The sea was calm. So it goes." }],
};

export interface Started {
  readonly system: LocalSystem;
  /** Whether the worker only quotes, because no provider of models is set. */
  readonly quotes: boolean;
  /** The queues that the worker serves. */
  readonly queues: readonly string[];
  readonly apiKey: string;
  readonly folder: string;
}

/** The text that `npm start` prints once everything runs: the addresses, and how to use them. */
export function startText(start: Started): string {
  const { system, queues, apiKey, folder } = start;
  const [scheduler = {}, gateway = {}, worker = {}] = [
    ...[system.schedulers, system.gateways, system.workers].map(([first]) => first?.addresses),
  ];
  const short = relative("", folder);
  const below = (name: string) => `${short.startsWith("..") ? folder : short}/${name}`;
  const job = { queue: queues[0], type: "chat" };
  const key = `-H 'authorization: Bearer ${apiKey}'`;
  const overGrpc = JSON.stringify({ job: { ...job, payloadStruct: payload }, wait: "30s" });
  const overHttp = JSON.stringify({ ...job, payload });
  return [
    "Millrace runs on this machine.",
    "",
    ...table([
      ["gateway", `${gateway.address}`, "gRPC, for callers"],
      ["", system.httpUrl, "HTTP, Connect and gRPC-Web, for callers"],
      ["scheduler", `${scheduler.address}`, "gRPC, for gateways"],
      ["", `${scheduler.workers}`, "gRPC, for workers"],
      ["", `${scheduler.admin}`, "gRPC, for operators"],
      ["", `http://${scheduler.adminHttp}`, "Connect and gRPC-Web, for operators"],
      [
        "worker",
        queues.join(", "),
        "the queues it serves; job types summarize, chat, and those of OpenAI's API",
      ],
      ["Redis", `127.0.0.1:${system.redis.port}`, `kept in ${below("redis")}`],
      ["metrics", `http://${gateway.metrics}/metrics`, "of the gateway"],
      ["", `http://${scheduler.metrics}/metrics`, "of the scheduler"],
      ["", `http://${worker.metrics}/metrics`, "of the worker"],
      ["logs", below("logs"), "JSON lines, one file for each service"],
    ]),
    "",
    `  API key    ${apiKey}`,
    `             kept in ${below("api-key")} for the next start`,
    "",
    ...openAiText(start),
    "",
    "Or submit a job and wait for its result, over HTTP or over gRPC:",
    "",
    `curl -s '${system.httpUrl}/v1/jobs?wait=30' ${key} -H 'content-type: application/json' -d '${overHttp}'`,
    "",
    `grpcurl -plaintext ${key} -d '${overGrpc}' ${gateway.address} millrace.jobs.v1.JobService/SubmitJob`,
    "",
    "Or with the command line, which can do everything else too (npx millrace --help):",
    "",
    [
      ...setUnless("MILLRACE_ADDRESS", gateway.address, "127.0.0.1:7400"),
      ...setUnless("MILLRACE_ADMIN_ADDRESS", scheduler.admin, "127.0.0.1:7075"),
      `MILLRACE_API_KEY_FILE=${below("api-key")}`,
      `npx millrace submit chat '${JSON.stringify(payload)}' --queue ${queues[0]} --wait`,
    ].join(" "),
    "",
    "Ctrl-C stops everything.",
  ].join("\n");
}

/** How to call Millrace by the SDKs of OpenAI, and without any. */
function openAiText({ system, apiKey, quotes }: Started): string[] {
  const url = `${system.httpUrl}/v1`;
  return [
    "Use the official OpenAI SDKs unchanged: pip install openai, or npm install openai.",
    ...(quotes
      ? [
          "No provider of models is set, so answers are quotes of your own text, and say so.",
          "For a model, start with MILLRACE_PROVIDER=openai and OPENAI_API_KEY=…",
        ]
      : []),
    "",
    "from openai import OpenAI",
    `client = OpenAI(base_url="${url}", api_key="${apiKey}")`,
    `chat = client.chat.completions.create(model="${chat.model}", messages=${JSON.stringify(chat.messages)})`,
    "print(chat.choices[0].message.content)",
    "",
    `curl -s '${url}/chat/completions' -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' -d '${JSON.stringify(chat)}'`,
  ];
}

/** Puts a variable before a command if its value differs from the default. */
const setUnless = (name: string, value: string | undefined, usual: string): string[] =>
  value === usual ? [] : [`${name}=${value}`];

/** Formats rows of name, value and meaning in columns. */
function table(rows: readonly (readonly [string, string, string])[]): string[] {
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length));
  return rows.map(
    ([name, value, meaning]) => `  ${name.padEnd(width(0))}  ${value.padEnd(width(1))}  ${meaning}`,
  );
}
