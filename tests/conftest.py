"""Fixtures for all tests; each group has a file of its own."""

pytest_plugins = ["tests.databases", "tests.desk", "tests.queues", "tests.browsers", "tests.installation"]
