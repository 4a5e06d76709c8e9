/**
 * Makes the responses of all servers alike before the SDK reads them. The SDK hides comments of a stream, reads a JSON body
 * as an empty stream, and drops an error that is not below `error`.
 */

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How much of an error that is not JSON is shown. */
const ERROR_CHARS = 1_000;

const PAGE = { message: "the answer is a page of HTML" };
const isPage = (type: string): boolean => type.includes("text/html");

/** Returns the error of any server in OpenAI's form. */
function errorOf(text: string, type: string): Json {
  if (isPage(type)) return PAGE;
  const body = parsed(text);
  if (!isObject(body)) return { message: text.slice(0, ERROR_CHARS) };
  if (isObject(body.error)) return body.error;
  const { message = body.error ?? body.detail ?? body } = body;
  const inWords = typeof message === "string" ? message : JSON.stringify(message);
  return { ...body, message: inWords };
}

/** Returns a whole answer as the only event of a stream. */
function eventOf(text: string, type: string): string {
  const body = parsed(text);
  const other: Json = { error: isPage(type) ? PAGE : { message: "the answer is not JSON" } };
  const answer = isObject(body) ? body : other;
  const choices = Array.isArray(answer.choices) ? answer.choices : [];
  const event = {
    ...answer,
    choices: choices.map((choice: Json) => ({ ...choice, delta: choice.message })),
  };
  return `data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`;
}

/** Whether a whole answer becomes the only event of a stream of chunks, or stays as it is. */
export type WholeAnswers = "as events" | "as they are";

/** Makes `fetch` uniform. */
export const uniformFetch =
  (send: typeof fetch, whole: WholeAnswers): typeof fetch =>
  async (input, init) => {
    const response = await send(input, init);
    const { status, statusText, headers, body } = response;
    const type = headers.get("content-type") ?? "";
    const passOn = (content: ReadableStream<Uint8Array> | string | null) =>
      new Response(content, { status, statusText, headers });
    if (!response.ok)
      return passOn(JSON.stringify({ error: errorOf(await response.text(), type) }));
    const isWhole = type.includes("json") || isPage(type);
    if (!isWhole || whole === "as they are") return passOn(body);
    return passOn(eventOf(await response.text(), type));
  };
