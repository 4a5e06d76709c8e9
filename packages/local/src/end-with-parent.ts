/**
 * Is loaded into a service before the service's own code. It kills the service when the process that started it
 * ends, in whatever way. It also turns on Node's cache of compiled code, in the system's folder for temporary files: half of
 * the time to start is spent on stripping types and compiling.
 */
import { enableCompileCache } from "node:module";

enableCompileCache();
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.channel?.unref();
