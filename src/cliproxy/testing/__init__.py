"""Doubles that go in through the front door: for our tests, and for people who extend the gateway."""
