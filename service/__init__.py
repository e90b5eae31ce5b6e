"""Recap: a customer-service chat backend that never pays for the same context twice."""

__version__ = "0.1.0"
