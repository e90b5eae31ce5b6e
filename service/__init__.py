"""Recap: a customer-service chat backend with a prefix cache in front of the model."""

__version__ = "0.1.0"
