"""Clients: programs that submit jobs and read their results."""
