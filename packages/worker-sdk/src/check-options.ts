import { getOption } from "@bufbuild/protobuf";
import { field as rulesOf } from "@millrace/proto/validation-rules";
import { HelloSchema } from "@millrace/proto/worker-service";
import { limits, patternInWords } from "@millrace/shared";
import type { WorkerSettings } from "./worker-defaults.ts";
import { WorkerRefusedError } from "./worker-refused.ts";

/** As the contract's rule for the hello says. */
const MOST_VERSION = 128;

const quoted = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/**
 * Checks values against the contract's rules for a field of the hello, and returns the problems. `name` is the
 * option's name.
 */
function broken(
  field: "workerId" | "queues" | "pools" | "types",
  name: string,
  values: readonly string[],
) {
  const { type } = getOption(HelloSchema.field[field], rulesOf);
  const list = type.case === "repeated" ? type.value : undefined;
  const item = list === undefined ? type : list.items?.type;
  const pattern = item?.case === "string" ? item.value.pattern : "";
  const problems: string[] = [];
  const least = Number(list?.minItems ?? 0n);
  const most = Number(list?.maxItems ?? BigInt(values.length));
  if (values.length < least) problems.push(`${name}: at least ${least} is needed`);
  if (values.length > most) {
    problems.push(`${name}: there are ${values.length}, and one worker may have ${most}`);
  }
  if (pattern !== "") {
    const wrong = values.filter((value) => !new RegExp(pattern, "u").test(value));
    problems.push(
      ...wrong.slice(0, 3).map((value) => `${name}: ${quoted(value)} ${patternInWords(pattern)}`),
    );
  }
  return problems;
}

/**
 * Throws WorkerRefusedError for options that no scheduler would accept, before the worker connects. One message
 * lists all problems.
 */
export function checkOptions(options: WorkerSettings): void {
  const {
    address,
    workerId,
    queues,
    pools = [],
    executors,
    slots,
    guestSlots = 0,
    drainOnSignal,
  } = options;
  const problems = [
    ...broken("workerId", "workerId", [workerId]),
    ...broken("queues", "queues", queues),
    ...broken("pools", "pools", pools),
    ...broken("types", "executors", Object.keys(executors)),
  ];
  if (typeof address !== "string" || address === "") {
    problems.push(
      "address: it is missing. Give the scheduler's port for workers, such as host:7072",
    );
  }
  if (!Number.isInteger(slots) || slots < 1 || slots > limits.workerSlots) {
    problems.push(`slots: ${slots} is not a whole number of 1 to ${limits.workerSlots}`);
  }
  if (!Number.isInteger(guestSlots) || guestSlots < 0 || guestSlots > limits.guestSlots) {
    problems.push(`guestSlots: ${guestSlots} is not a whole number of 0 to ${limits.guestSlots}`);
  }
  const graceMs = typeof drainOnSignal === "object" ? (drainOnSignal.graceMs ?? 0) : 0;
  if (!(graceMs >= 0)) {
    problems.push(`drainOnSignal.graceMs: ${graceMs} is not a number of milliseconds from 0`);
  }
  if ((options.version ?? "").length > MOST_VERSION) {
    problems.push(`version: it may have ${MOST_VERSION} characters at most`);
  }
  if (problems.length === 0) return;
  const message = `No scheduler would accept this worker. Correct its options: ${problems.join("; ")}.`;
  throw new WorkerRefusedError("MALFORMED", message);
}
