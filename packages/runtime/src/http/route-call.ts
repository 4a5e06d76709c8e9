import { methodPath } from "@millrace/grpc";
import { refusedEncoding } from "../compression.ts";
import type { Inflow } from "../inflow/inflow.ts";
import { type CallSettings, runCall } from "../run-call.ts";
import { sendAnswer } from "./answer.ts";
import { incomingCall } from "./incoming-call.ts";
import { requestIdOf, sendFault } from "./problem.ts";
import { takeQueryCredential } from "./query-credential.ts";
import { headersOf, pathOf, peerOf, schemeOf } from "./request.ts";
import type { Endpoint, HttpRoute } from "./router.ts";

/** Serves a route of plain HTTP. The caller is authenticated before the body is read. */
export const routeEndpoint = <Identity>(
  { method, path, rpc, handle, queryCredential, bodyUse = "whole" }: HttpRoute<Identity>,
  settings: CallSettings,
  { inflow, messageBytes }: { readonly inflow: Inflow; readonly messageBytes: number },
): Endpoint => ({
  method,
  path,
  async serve(request, response, { params, query: wholeQuery }) {
    const { headers, query } =
      queryCredential === undefined
        ? { headers: headersOf(request), query: wholeQuery }
        : takeQueryCredential(queryCredential, headersOf(request), wholeQuery);
    const incoming = incomingCall(request, response, inflow);
    const { gone, signal, end } = incoming;
    const call = {
      protocol: "http",
      path: methodPath(rpc),
      headers,
      peer: peerOf(request),
      requestId: requestIdOf(response),
      ...{ signal, end },
      http: {
        ...{ method: request.method ?? method, route: path, path: pathOf(request) },
        ...{ scheme: schemeOf(request), status: () => response.statusCode },
      },
    } as const;
    const fault = await runCall(settings, call, async (admit) => {
      const context = (await admit()) as Parameters<typeof handle>[1];
      incoming.admit(settings.callerOf(context.identity));
      const refused = refusedEncoding(headers);
      if (refused !== undefined) throw refused.fault;
      const body = incoming.body(bodyUse, messageBytes);
      const answer = await handle({ params, query, headers, body }, context);
      await sendAnswer(response, answer, { gone, signal, headersOnly: request.method === "HEAD" });
    });
    if (fault !== undefined) sendFault(response, fault);
  },
});
