/** A caller over plain HTTP with the retry policy of docs/retries.md. */
const RETRY_MS = 50;
const MOST_RETRY_MS = 2_000;
const CALL_MS = 30_000;
const FINAL = /SUCCEEDED|FAILED|CANCELLED|EXPIRED/;

interface Answer {
  readonly id?: string;
  readonly state?: string;
}

export class HttpCaller {
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** How often a call was made again, by reason. */
  readonly retries: Record<string, number> = {};

  constructor(origin: string, apiKey: string) {
    this.#origin = origin;
    this.#headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  }

  async submit(job: {
    readonly idempotencyKey: string;
    readonly [field: string]: unknown;
  }): Promise<string> {
    const { idempotencyKey, ...rest } = job;
    const body = JSON.stringify({ ...rest, idempotency_key: idempotencyKey });
    const { id } = await this.#call("/v1/jobs", { method: "POST", body });
    if (id === undefined) throw new Error("the answer to a submission has no id");
    return id;
  }

  async wait(id: string, withinMs: number): Promise<void> {
    const untilMs = Date.now() + withinMs;
    while (Date.now() < untilMs) {
      const { state = "" } = await this.#call(`/v1/jobs/${id}?wait=20`, {});
      if (FINAL.test(state)) return;
    }
    throw new Error(`${id} has not ended`);
  }

  async #call(path: string, init: RequestInit): Promise<Answer> {
    const untilMs = Date.now() + CALL_MS;
    for (let waitMs = RETRY_MS; ; waitMs = Math.min(2 * waitMs, MOST_RETRY_MS)) {
      const { answer, again, afterMs } = await this.#once(path, init, untilMs);
      if (answer !== undefined) return answer;
      this.retries[again] = (this.retries[again] ?? 0) + 1;
      if (Date.now() > untilMs) throw new Error(`${path}: gave up after ${again}`);
      await new Promise((resolve) =>
        setTimeout(resolve, afterMs ?? waitMs * (0.5 + Math.random() / 2)),
      );
    }
  }

  async #once(
    path: string,
    init: RequestInit,
    untilMs: number,
  ): Promise<{ readonly answer?: Answer; readonly again: string; readonly afterMs?: number }> {
    let response: Response;
    let text: string;
    try {
      const signal = AbortSignal.timeout(Math.max(1, untilMs - Date.now()));
      response = await fetch(this.#origin + path, { ...init, headers: this.#headers, signal });
      text = await response.text();
    } catch (error) {
      const { cause, name } = error as Error & { readonly cause?: { readonly code?: string } };
      return { again: cause?.code ?? name };
    }
    if (response.ok) return { answer: JSON.parse(text) as Answer, again: "" };
    const after = response.headers.get("retry-after");
    if (response.status !== 503 && after === null)
      throw new Error(`HTTP ${response.status}: ${text.slice(0, 200)}`);
    return {
      again: `HTTP ${response.status}`,
      ...(after === null ? {} : { afterMs: Number(after) * 1_000 }),
    };
  }
}
