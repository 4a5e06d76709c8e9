import { rpcError } from "@millrace/runtime";
import { INTERNAL_QUEUE_PREFIX, isQueueName, type QueueName } from "@millrace/shared";

/** Which workers are scaled, as the metadata of KEDA's trigger says. */
export interface ScalingTarget {
  /** "*": all queues of callers. */
  readonly queues: "*" | readonly QueueName[];
  /** Pools that the workers serve, in addition to jobs without a pool. "*": all. */
  readonly pools: "*" | ReadonlySet<string>;
  /** Whether jobs without a pool count. */
  readonly withoutPool: boolean;
  /** How many jobs one worker takes. */
  readonly targetPerReplica: number;
}

const MOST_NAMES = 64;
const MOST_JOBS = 10_000;
const POOL = /^[a-z0-9][a-z0-9._/-]{0,62}$/;
/** What KEDA reads itself, and passes on. */
const KEDAS = [
  "scalerAddress",
  "enableTLS",
  "unsafeSsl",
  "caCert",
  "tlsClientCert",
  "tlsClientKey",
];
const KNOWN = ["queues", "pools", "withoutPool", "targetPerReplica"];

function wrong(field: string, description: string): never {
  throw rpcError({
    reason: "MALFORMED",
    message: `metadata ${field}: ${description}`,
    violations: [{ field: `scalerMetadata["${field}"]`, description }],
  });
}

function namesIn(field: string, text: string, isName: (name: string) => boolean): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const bad = names.find((name) => !isName(name));
  if (bad !== undefined)
    wrong(field, `${JSON.stringify(bad)} is no name: write names with commas between, or *`);
  if (names.length > MOST_NAMES) wrong(field, `name ${MOST_NAMES} at most, or write * for all`);
  return names;
}

/** Reads the metadata. Throws MALFORMED with what to change. */
export function scalingTarget(metadata: Readonly<Record<string, string>>): ScalingTarget {
  const { queues = "", pools = "", withoutPool = "true", targetPerReplica = "" } = metadata;
  const unknown = Object.keys(metadata).find((name) => ![...KNOWN, ...KEDAS].includes(name));
  if (unknown !== undefined)
    wrong(unknown.slice(0, 64), `is unknown: use ${KNOWN.join(", ")}, as docs/kubernetes.md says`);
  const named = queues.trim() === "*" ? "*" : namesIn("queues", queues, isQueueName);
  if (named.length === 0)
    wrong("queues", "is missing: name the queues that the workers serve (MILLRACE_QUEUES), or *");
  if (withoutPool !== "true" && withoutPool !== "false")
    wrong("withoutPool", `is ${JSON.stringify(withoutPool.slice(0, 64))}: write "true" or "false"`);
  const target = Number(targetPerReplica.trim() === "" ? Number.NaN : targetPerReplica);
  if (!(target > 0 && target <= MOST_JOBS)) {
    const rule = `how many jobs one worker takes (its MILLRACE_SLOTS), above 0 and at most ${MOST_JOBS}`;
    wrong(
      "targetPerReplica",
      `write ${rule}, not ${JSON.stringify(targetPerReplica.slice(0, 64))}`,
    );
  }
  return {
    queues: named as ScalingTarget["queues"],
    pools: pools.trim() === "*" ? "*" : new Set(namesIn("pools", pools, (name) => POOL.test(name))),
    withoutPool: withoutPool === "true",
    targetPerReplica: target,
  };
}

/** The queues of callers among all. Internal ones need workers of their own. */
export const isCallersQueue = (name: string): boolean => !name.startsWith(INTERNAL_QUEUE_PREFIX);
