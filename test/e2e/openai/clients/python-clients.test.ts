/**
 * Clients of PyPI that were written for OpenAI's API, unchanged. Skipped where MILLRACE_CLIENTS_PYTHON names no Python that has
 * requirements.txt. They have a Python of their own: LlamaIndex's needs another major of `openai` than the newest.
 */
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { putModels, startOpenAi } from "../setup.ts";
import { clientModels } from "./models.ts";

const python = process.env.MILLRACE_CLIENTS_PYTHON;
/** The first import of LiteLLM alone takes many seconds on a busy machine. */
const TIMEOUT_MS = 300_000;

function isThere(): boolean {
  if (python === undefined) return false;
  try {
    const packages = '["langchain-openai", "litellm", "llama-index-llms-openai"]';
    const look = `from importlib.metadata import version; [version(name) for name in ${packages}]`;
    execFileSync(python, ["-c", look], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const has = isThere();
const started = has ? await startOpenAi() : undefined;
if (started !== undefined) await putModels(started.system, clientModels);

test.skipIf(!has).each([
  ["LangChain", "with_langchain.py", ["chat", "stream", "tool", "responses", "embeddings"]],
  ["LlamaIndex", "with_llama_index.py", ["chat", "stream", "tool", "embeddings"]],
  ["LiteLLM", "with_litellm.py", ["chat", "stream", "tool", "responses", "embeddings"]],
])(
  "%s: a chat, a stream, a tool call, embeddings",
  async (_, script, done) => {
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      BASE_URL: `${started?.system.httpUrl}/v1`,
      API_KEY: started?.system.apiKey,
      // It would load a list of prices from the internet.
      LITELLM_LOCAL_MODEL_COST_MAP: "True",
    };
    const path = join(import.meta.dirname, script);
    const { stdout } = await promisify(execFile)(String(python), [path], {
      env,
      timeout: TIMEOUT_MS,
    });
    expect(stdout.trim().split("\n")).toEqual(done);
  },
  TIMEOUT_MS,
);
