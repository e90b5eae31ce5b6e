"""Tests of the context room, a concern each."""
