"""Prometheus metrics of one server. Base units, no ids as labels, one registry an application."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Every metric that Recap exposes, by attribute."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.turns = self._counter("recap_turns", "Turns by outcome.", "outcome")
        self.lookups = self._counter(
            "recap_prefix_lookups",
            "What the prefix cache was good for, by turn: hit, miss, reuse, collapsed, bypass.",
            "result",
        )
        self.evicted = self._counter("recap_cache_evicted", "Rows evicted: expired, lru.", "why")
        self.collisions = self._counter(
            "recap_cache_collisions", "Keys that met another list's row or call, taken as misses."
        )
        self.cache_faults = self._counter(
            "recap_cache_faults", "Cache reads and writes that failed; no request did.", "operation"
        )
        self.tokens_sent = self._counter("recap_prompt_tokens_sent", "Prompt tokens billed.")
        self.tokens_cached = self._counter(
            "recap_prompt_tokens_cached", "Prompt tokens that the provider read from its cache."
        )
        self.tokens_saved = self._counter(
            "recap_prompt_tokens_saved", "Prompt tokens that the whole histories would have added."
        )
        self.unknown_usage = self._counter(
            "recap_unknown_usage", "Calls whose usage never arrived; they are not in the tokens."
        )
        self.errors = self._counter("recap_errors", "Unexpected errors, by place.", "place")
        self.requests = self._histogram(
            "recap_http_request_seconds", "HTTP requests.", "method", "route", "status"
        )
        self.first_token = self._histogram(
            "recap_first_token_seconds", "From the start of a turn to the model's first token."
        )
        self.turn_seconds = self._histogram("recap_turn_seconds", "Whole turns.")
        self.overhead = self._histogram(
            "recap_overhead_seconds", "What a turn takes before the model is called."
        )
        self.running = Gauge("recap_turns_running", "Turns running.", registry=self.registry)

        self._of_live_agents()

    def _of_live_agents(self) -> None:
        self.owner_changes = self._counter(
            "recap_owner_changes", "Changes of who answers a session, by cause.", "cause"
        )
        self.frames_dropped = self._counter(
            "recap_agent_frames_dropped", "Frames that a live agent's socket had no room for."
        )
        self.sockets_closed = self._counter(
            "recap_agent_sockets_closed", "Live agents' sockets closed by the server.", "code"
        )
        self.agent_sockets = Gauge(
            "recap_agent_sockets", "Live agents' sockets that are open.", registry=self.registry
        )

    def exposition(self) -> bytes:
        """The text format that Prometheus scrapes."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, buckets=SECONDS, registry=self.registry)
