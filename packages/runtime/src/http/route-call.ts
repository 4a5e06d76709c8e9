import { type CallSettings, runCall } from "../run-call.ts";
import { methodPath } from "../service-definition.ts";
import { sendAnswer } from "./answer.ts";
import { sendFault } from "./problem.ts";
import { bodyOf, goneSignal, headersOf, peerOf } from "./request.ts";
import type { Endpoint, HttpRoute } from "./router.ts";

/** Serves a route of plain HTTP: the caller is let in before the body is looked at. */
export const routeEndpoint = <Identity>(
  { method, path, rpc, handle }: HttpRoute<Identity>,
  settings: CallSettings,
): Endpoint => ({
  method,
  path,
  async serve(request, response, address) {
    const headers = headersOf(request);
    const signal = goneSignal(response);
    const call = {
      protocol: "http",
      path: methodPath(rpc),
      headers,
      peer: peerOf(request),
      signal,
    } as const;
    const fault = await runCall(settings, call, async (admit) => {
      const context = (await admit()) as Parameters<typeof handle>[1];
      const answer = await handle({ ...address, headers, body: bodyOf(request) }, context);
      await sendAnswer(response, answer, { signal, headersOnly: request.method === "HEAD" });
    });
    if (fault !== undefined) sendFault(response, fault);
  },
});
