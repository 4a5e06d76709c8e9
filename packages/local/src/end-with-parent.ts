/** Loaded into a service before it: a service does not outlive whoever started it, however that one ended. */
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.channel?.unref();
