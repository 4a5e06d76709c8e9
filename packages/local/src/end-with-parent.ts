/**
 * Is loaded into a service before the service's own code. It kills the service when the process that started it
 * ends, in whatever way.
 */
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.channel?.unref();
