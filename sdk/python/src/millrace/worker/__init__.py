"""Workers: programs that run jobs."""
