import { JobService } from "@millrace/proto/job-service";
import { jsonAnswer } from "../../http/json-answer.ts";
import type { OpenAiParts, OpenAiRoute } from "./route-parts.ts";

/** Nobody knows when a model was made, and clients want a time. */
const modelObject = (id: string) => ({ id, object: "model", created: 0, owned_by: "millrace" });

/** GET /v1/models, and one of them. Both count as ListJobs: only API keys may call them. */
export function modelRoutes({ places }: OpenAiParts): OpenAiRoute[] {
  const rpc = JobService.method.listJobs;
  return [
    {
      ...{ method: "GET", path: "/v1/models", rpc },
      handle: async () => {
        const data = (await places.names()).map(modelObject);
        return jsonAnswer(200, JSON.stringify({ object: "list", data, has_more: false }));
      },
    },
    {
      ...{ method: "GET", path: "/v1/models/{model}", rpc },
      async handle({ params: { model = "" } }) {
        await places.find(model);
        return jsonAnswer(200, JSON.stringify(modelObject(model)));
      },
    },
  ];
}
