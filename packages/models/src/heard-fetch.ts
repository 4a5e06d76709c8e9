/** Runs an HTTP request, for example in a span of its own. */
export type TraceHttp = (
  call: {
    readonly method: string;
    readonly url: string | URL;
    readonly signal?: AbortSignal | null | undefined;
  },
  send: () => Promise<Response>,
) => Promise<Response>;

const urlOf = (input: Parameters<typeof fetch>[0]): string | URL =>
  typeof input === "string" || input instanceof URL ? input : input.url;

/** Wraps `fetch`. Calls `heard` for the beginning of the response, and for whatever arrives of its body. */
export const heardFetch =
  (heard: () => void, traceHttp: TraceHttp = (_, send) => send()): typeof fetch =>
  async (input, init) => {
    const call = { method: init?.method ?? "GET", url: urlOf(input), signal: init?.signal };
    const response = await traceHttp(call, () => fetch(input, init));
    heard();
    const { status, statusText, headers } = response;
    const tap = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, body) {
        heard();
        body.enqueue(bytes);
      },
    });
    const body = response.body?.pipeThrough(tap) ?? null;
    return new Response(body, { status, statusText, headers });
  };
