"""Everything `make` needs on one machine: the environment, PostgreSQL and Valkey from wheels, the launcher.

Nothing here runs in a deployment, where DATABASE_URL and REDIS_URL come from outside.
"""
