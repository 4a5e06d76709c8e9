import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** Where Kubernetes mounts the service account of a pod. */
export const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const TIMEOUT_MS = 5_000;

export interface PodApi {
  /** Sets annotations of a pod of this namespace. Returns false if there is no such pod. */
  annotate(pod: string, annotations: Readonly<Record<string, string>>): Promise<boolean>;
}

/**
 * The one call of the Kubernetes API that a scheduler makes, with the service account of its own pod. Kubernetes renews the
 * token in its file, so each call reads it. A client of the whole API would be a large dependency for one call.
 */
export function podApi(env: NodeJS.ProcessEnv, folder: string = SERVICE_ACCOUNT): PodApi {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined)
    throw new Error("MILLRACE_POD_DELETION_COST_MS: unset it outside of Kubernetes");
  const file = (name: string) => readFile(join(folder, name), "utf8");
  return {
    async annotate(pod, annotations) {
      const [token, ca, namespace] = await Promise.all(["token", "ca.crt", "namespace"].map(file));
      const sent = request({
        ...{ host, port, ca, method: "PATCH", timeout: TIMEOUT_MS },
        path: `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(pod)}`,
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/merge-patch+json",
        },
      });
      sent.on("timeout", () => sent.destroy(new Error("the Kubernetes API does not answer")));
      sent.end(JSON.stringify({ metadata: { annotations } }));
      const [status, body] = await new Promise<readonly [number, string]>((resolve, reject) => {
        sent.on("error", reject);
        sent.on("response", (answer) => {
          text(answer).then((body) => resolve([answer.statusCode ?? 0, body]), reject);
        });
      });
      if (status === 404) return false;
      if (status === 200) return true;
      throw new Error(`the Kubernetes API answers ${status}: ${messageOf(body)}`);
    },
  };
}

/** What a Status object of Kubernetes says, such as which right is missing. */
function messageOf(body: string): string {
  try {
    return String((JSON.parse(body) as { readonly message?: string }).message);
  } catch {
    return body.slice(0, 200);
  }
}
