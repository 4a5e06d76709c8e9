import { type ServerResponse, STATUS_CODES } from "node:http";
import { constants, type Http2ServerResponse } from "node:http2";
import { IDENTITY } from "../compression.ts";
import { type FieldViolation, httpStatusOf, type RpcFault } from "../rpc-fault.ts";
import type { HttpAnswer } from "./answer.ts";
import { isAnswered } from "./rest-of-request.ts";

/** The title of a fault without a reason, if HTTP has no phrase for its status. */
const UNNAMED = "Error";

const secondsOf = (delayMs: number): number => Math.max(1, Math.ceil(delayMs / 1_000));

/** Those of a fault that came from another service are messages, with more members. */
const violationOf = ({ field, description }: FieldViolation): FieldViolation => ({
  field,
  description,
});

/** A fault as RFC 9457 defines it. `detail` is for people, `reason` for programs. */
export function problemOf(fault: RpcFault) {
  const status = httpStatusOf(fault);
  const { reason, message, violations, metadata, retryDelayMs } = fault;
  return {
    title: STATUS_CODES[status] ?? UNNAMED,
    status,
    detail: message,
    ...(reason === undefined ? {} : { reason }),
    ...(violations.length === 0 ? {} : { violations: violations.map(violationOf) }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(retryDelayMs === undefined ? {} : { retry_after: secondsOf(retryDelayMs) }),
  };
}

function problemAnswer(fault: RpcFault): HttpAnswer {
  const problem = problemOf(fault);
  const { status, reason, retry_after: retryAfter } = problem;
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(reason === "COMPRESSED" ? { "accept-encoding": IDENTITY } : {}),
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    },
    body: JSON.stringify(problem),
  };
}

/** How a part of the paths answers, where it does not answer like the rest. */
export interface AnswerForm {
  /** What every answer to this request has, whatever its status. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names the request in the access log. */
  readonly requestId?: string;
  readonly faultAnswer: (fault: RpcFault) => HttpAnswer & { readonly body: string };
}

const forms = new WeakMap<ServerResponse, AnswerForm>();

/** From now on, faults of this response are answered in the form. */
export function answerIn(response: ServerResponse, form: AnswerForm): void {
  forms.set(response, form);
  for (const [name, value] of Object.entries(form.headers)) response.setHeader(name, value);
}

/** The id that the form of a response gave its request. */
export const requestIdOf = (response: ServerResponse): string | undefined =>
  forms.get(response)?.requestId;

/** Ends a response with a fault: with a problem answer, or by cutting an answer that has begun. */
export function sendFault(response: ServerResponse, fault: RpcFault): void {
  if (isAnswered(response) || response.destroyed) return;
  if (response.headersSent) {
    // An immediate cut would also drop what was just written, such as the reason why the answer ends.
    setImmediate(() => cut(response));
    return;
  }
  const answer = forms.get(response)?.faultAnswer ?? problemAnswer;
  const { status, headers, body } = answer(fault);
  const text = String(body);
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** Cuts an answer, so that its caller knows that it is incomplete. */
function cut(response: ServerResponse): void {
  const { stream } = response as unknown as Partial<Http2ServerResponse>;
  if (stream === undefined) response.destroy();
  // `destroy` would reset the stream with NO_ERROR, which clients take for a normal end.
  else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}
