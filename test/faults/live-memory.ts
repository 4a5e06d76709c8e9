/** The memory that a service holds, without garbage: how much garbage there is depends on the machine. */
import { kill } from "node:process";
import type { LocalService } from "@millrace/local";
import { metric } from "./setup.ts";

/** The settings of a service whose live memory is measured: it collects its garbage when it gets SIGUSR2. */
export const collectsGarbage = {
  NODE_OPTIONS: "--expose-gc --import data:text/javascript,process.on('SIGUSR2',()=>gc())",
};

/** Returns the bytes of a service's objects and buffers. It must have been started with {@link collectsGarbage}. */
export async function liveMemory(service: LocalService | undefined): Promise<number> {
  if (service !== undefined) kill(service.pid, "SIGUSR2");
  return (
    (await metric(service, "nodejs_heap_size_used_bytes")) +
    (await metric(service, "nodejs_external_memory_bytes"))
  );
}
