/** KEDA, installed as its own manifests say, without its admission webhooks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { home, kubectl, kubectlWith } from "./cluster.ts";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly template?: {
      readonly spec: { readonly containers: { imagePullPolicy: string; args: string[] }[] };
    };
  };
}

const NAMESPACE = "keda";
const DEPLOYMENTS = ["keda-operator", "keda-metrics-apiserver"];

const left = ({ kind, metadata }: Manifest): boolean =>
  kind !== "ValidatingWebhookConfiguration" && metadata.name !== "keda-admission";

function manifests(): string {
  const text = readFileSync(join(home, "programs/keda.yaml"), "utf8");
  const all = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  for (const { metadata, spec } of all)
    for (const container of spec?.template?.spec.containers ?? []) {
      // The images are on the nodes, and nowhere else.
      container.imagePullPolicy = "Never";
      // Otherwise it looks for the webhook that is left out.
      if (metadata.name === "keda-operator") container.args.push("--enable-webhook-patching=false");
    }
  return all
    .filter(left)
    .map((one) => JSON.stringify(one))
    .join("\n---\n");
}

/** Installs KEDA. It takes a minute until it works. */
export const installKeda = () =>
  // Its definitions are too long for the annotation that a plain apply keeps.
  kubectlWith(manifests(), "apply", "--server-side");

/** Waits until the installed KEDA works: its operator, and the API by which autoscalers ask it. */
export async function kedaReady(): Promise<void> {
  for (const name of DEPLOYMENTS)
    await kubectl("-n", NAMESPACE, "rollout", "status", `deployment/${name}`, "--timeout=240s");
  const service = "apiservice/v1beta1.external.metrics.k8s.io";
  await kubectl("wait", "--for=condition=Available", service, "--timeout=120s");
}

/** Removes KEDA. */
export const removeKeda = () => kubectlWith(manifests(), "delete", "--ignore-not-found");
