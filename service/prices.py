"""What a model's tokens cost: a dated price file shipped with the package, and overrides.

Prices are data and move monthly, so none stands in code. A price knows two sums: money, from the
provider's own token counts (for the ledger), and input-token equivalents, from a planned prompt
and the part of it that the provider has seen (for the planner). A model that is not listed gets
the file's stated default, which grants no cache discount, and one warning.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

logger = logging.getLogger(__name__)

SHIPPED: Final = "prices.json"
MAX_WARNINGS: Final = 256
"""Unknown models that are warned of; callers choose these names, so later ones pass in silence."""

_MILLION: Final = 1_000_000
_LONGEST_NAME: Final = 100
_TRAILING_DATE: Final = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8})$", re.ASCII)

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class PriceFileError(ValueError):
    """A price file that cannot be used; the message is one line: file, model, field, fault."""


class Price(BaseModel):
    """One model's prices, in units of the currency per million tokens, and its cache's terms.

    `min_cacheable_tokens` is the shortest prompt that the provider caches, `cache_seconds` how long
    it keeps one that is not used, `cache_hit_rate` the share of requests that find what it should
    have kept, 0 to 1, and `context_window` the tokens of the longest prompt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    input: Amount
    cached_input: Amount = Field(default_factory=lambda known: known["input"])
    cache_write: Amount = Field(default_factory=lambda known: known["input"])
    output: Amount
    min_cacheable_tokens: Count = 1024
    cache_seconds: Count = 300
    cache_hit_rate: Annotated[float, Field(ge=0, le=1)] = 1.0
    context_window: Annotated[int, Field(gt=0)] = 128_000
    breakpoints: bool = False
    cache_key: bool = False

    @model_validator(mode="after")
    def _cached_is_no_dearer(self) -> Self:
        if self.cached_input > self.input:
            raise ValueError("cached_input is above input")
        return self

    @property
    def discount(self) -> float:
        """The share of the input price that a cached token saves, 0 to 1; 0: nothing is cached."""
        return 1 - self.cached_input / self.input if self.input else 0.0

    def input_cost(
        self, prompt_tokens: int, cached_tokens: int = 0, cache_write_tokens: int = 0
    ) -> float:
        """Money for a prompt. Written tokens are a part of those that were not cached."""
        cached = min(cached_tokens, prompt_tokens)
        uncached = prompt_tokens - cached
        written = min(cache_write_tokens, uncached)
        total = (
            (uncached - written) * self.input
            + cached * self.cached_input
            + written * self.cache_write
        )
        return total / _MILLION

    def cost(
        self,
        prompt_tokens: int,
        completion_tokens: int,
        cached_tokens: int = 0,
        cache_write_tokens: int = 0,
    ) -> float:
        """Money for a prompt and its answer."""
        answer = completion_tokens * self.output / _MILLION
        return self.input_cost(prompt_tokens, cached_tokens, cache_write_tokens) + answer

    def billed(self, tokens: int, warm: int) -> float:
        """Input-token equivalents of a prompt whose first `warm` tokens the provider has seen.

        What it has not seen is written to its cache, at the write price. A prompt below the
        minimum is neither read nor written, and a seen part below it was never kept. So there is
        one step down, at the minimum, where a warm prompt becomes cheaper than a shorter one.
        """
        if self.discount == 0 or tokens < self.min_cacheable_tokens:
            return float(tokens)
        read = min(warm, tokens)
        if read < self.min_cacheable_tokens:
            read = 0
        return (read * self.cached_input + (tokens - read) * self.cache_write) / self.input

    def expected(self, tokens: int, warm: int) -> float:
        """As `billed`, where a request finds the provider's cache alive as often as is known."""
        hit = self.cache_hit_rate
        return hit * self.billed(tokens, warm) + (1 - hit) * self.billed(tokens, 0)


class _Shipped(BaseModel):
    """The shape of the shipped file; an overrides file is its `models` alone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    as_of: str
    currency: str
    source: str
    comment: list[str]
    default: Price
    models: dict[str, Price]


class PriceList:
    """Every known model's price, and the default for the others."""

    def __init__(
        self,
        models: Mapping[str, Price],
        *,
        default: Price,
        as_of: str,
        currency: str,
        quiet: bool = False,
    ) -> None:
        """`quiet` gives the default's price without a warning."""
        self._quiet = quiet
        self._models = MappingProxyType(dict(models))
        self._warned: set[str] = set()
        self.default = default
        self.as_of = as_of
        self.currency = currency

    @classmethod
    def load(cls, path: Path | None = None) -> PriceList:
        """The shipped prices; entries of the JSON file at `path` are added or replace them whole.

        Raises `PriceFileError`.
        """
        text = resources.files(__package__).joinpath(SHIPPED).read_bytes()
        try:
            shipped = _Shipped.model_validate(_parse(text, SHIPPED))
        except ValidationError as error:
            raise PriceFileError(f"{SHIPPED}: {_first(error)}") from None
        overrides = {} if path is None else _read_overrides(path)
        return cls(
            {**shipped.models, **overrides},
            default=shipped.default,
            as_of=shipped.as_of,
            currency=shipped.currency,
        )

    def all_as(self, model: str) -> PriceList:
        """A list in which every model costs what `model` does."""
        price = self.price(model)
        return PriceList({}, default=price, as_of=self.as_of, currency=self.currency, quiet=True)

    def models(self) -> Mapping[str, Price]:
        """Prices by model name, read-only."""
        return self._models

    def price(self, model: str) -> Price:
        """The price of `model`; a trailing date and a `provider/` in front may be left out."""
        for name in _spellings(model):
            if name in self._models:
                return self._models[name]
        if not self._quiet:
            self._warn(model[:_LONGEST_NAME])
        return self.default

    def _warn(self, model: str) -> None:
        if model in self._warned or len(self._warned) >= MAX_WARNINGS:
            return
        self._warned.add(model)
        logger.warning("no price for model %r, using the default of the price file", model)


def _spellings(model: str) -> Iterator[str]:
    yield model
    yield _TRAILING_DATE.sub("", model)
    bare = model.rpartition("/")[2]
    yield bare
    yield _TRAILING_DATE.sub("", bare)


def _read_overrides(path: Path) -> dict[str, Price]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PriceFileError(f"{path}: cannot be read: {error.strerror}") from None
    return {
        model: _read_price(path, model, entry)
        for model, entry in _parse(content, str(path)).items()
    }


def _read_price(path: Path, model: str, entry: object) -> Price:
    try:
        return Price.model_validate(entry)
    except ValidationError as error:
        raise PriceFileError(f"{path}: model {model!r}: {_first(error)}") from None


def _parse(content: bytes, file: str) -> dict[str, Any]:
    try:
        parsed = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_without_repeats)
    except RecursionError:
        raise PriceFileError(f"{file}: is nested too deeply") from None
    except ValueError as error:
        raise PriceFileError(f"{file}: is not valid JSON in UTF-8: {error}") from None
    if not isinstance(parsed, dict):
        raise PriceFileError(f'{file}: must be an object of the form {{"MODEL": {{...}}}}')
    return parsed


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name, value in pairs:
        if name in seen:
            raise ValueError(f"{name!r} stands twice")
        seen[name] = value
    return seen


def _first(error: ValidationError) -> str:
    """The first fault of several, as `field: what is wrong`, in one line whatever the names."""
    fault = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    return " ".join((f"{field}: {message}" if field else message).split())
