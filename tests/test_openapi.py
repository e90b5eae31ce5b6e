"""openapi.json: it names exactly the routes there are, and what it says of them holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator

from service.app import create_app
from service.web.routes import ALL, Operation
from tests.conftest import Recap
from tests.doors import DOORS, bearer_for, door, name_of, path_of
from tests.rest import Contract, ask, code_of, contract_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
ANSWERING = [operation for operation in ALL if not door(operation).streams]
STREAMING = [operation for operation in ALL if operation.streams]
CLOSED = [operation for operation in ALL if door(operation).who]


@pytest_asyncio.fixture(loop_scope="module")
async def contract(shared_recap: Recap) -> Contract:
    return await contract_of(shared_recap)


async def test_the_document_names_exactly_the_routers_paths_and_methods(
    shared_recap: Recap, contract: Contract
) -> None:
    routes = create_app(shared_recap.rooms.settings, shared_recap.rooms).router.routes()
    served = {(r.method, r.resource.canonical) for r in routes if r.resource}
    described = {
        (method.upper(), path)
        for path, methods in contract.document["paths"].items()
        for method in methods
    }
    heads = {("HEAD", path) for method, path in served if method == "GET"}
    assert served - heads == described
    assert described == set(DOORS)


async def test_every_operation_has_a_summary_and_an_id_of_its_own(contract: Contract) -> None:
    described = list(operations(contract))
    assert all(operation["summary"].strip(". ") for operation in described)
    ids = [operation["operationId"] for operation in described]
    assert len(set(ids)) == len(ids)


async def test_the_document_has_the_shape_of_openapi_3_1(contract: Contract) -> None:
    document = contract.document
    assert document["openapi"].startswith("3.1.")
    assert document["info"].keys() >= {"title", "version"}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["responses"]
            assert all(answer["description"] for answer in operation["responses"].values())
            in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert in_path == {part[1:-1] for part in path.split("/") if part.startswith("{")}
            assert {p["in"] for p in operation["parameters"]} <= {"path", "query", "header"}
            assert all(p["required"] for p in operation["parameters"] if p["in"] == "path")


async def test_every_schema_is_one_and_every_reference_resolves(contract: Contract) -> None:
    document = contract.document
    for schema in schemas(document):
        Draft202012Validator.check_schema(schema)
    references = list(found(document, "$ref"))
    assert references
    for reference in references:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target["type"] == "object"
        assert target["description"], reference


async def test_the_credentials_that_a_route_takes_are_described(contract: Contract) -> None:
    known = contract.document["components"]["securitySchemes"]
    for (method, path), expected in DOORS.items():
        security = contract.operation(method, path)["security"]
        assert {name for choice in security for name in choice} == expected.who
        assert expected.who <= known.keys()


@pytest.mark.parametrize("operation", ANSWERING, ids=name_of)
async def test_a_good_request_is_answered_as_documented(
    shared_recap: Recap, contract: Contract, operation: Operation
) -> None:
    session = await shared_recap.open_session()
    await shared_recap.say(session, "Hello, where is my parcel?")
    answer = await ask(
        shared_recap,
        operation.method,
        path_of(operation, session["id"]),
        json=door(operation).body,
        headers=await bearer_for(shared_recap, operation),
    )
    assert answer.status == door(operation).status
    assert str(answer.status) in contract.operation(operation.method, operation.path)["responses"]
    contract.check(operation.method, operation.path, answer)


@pytest.mark.parametrize("operation", STREAMING, ids=name_of)
async def test_a_good_request_for_a_stream_gets_the_documented_one(
    shared_recap: Recap, contract: Contract, operation: Operation
) -> None:
    session = await shared_recap.open_session()
    body = door(operation).body
    answer = await ask(
        shared_recap,
        operation.method,
        path_of(operation, session["id"]),
        json=body and body | {"stream": True},
        headers=shared_recap.bearer(Accept="text/event-stream"),
    )
    assert answer.status == 200
    assert answer.kind == "text/event-stream"
    contract.check(operation.method, operation.path, answer)


@pytest.mark.parametrize("operation", CLOSED, ids=name_of)
async def test_a_refusal_has_the_documented_form(
    shared_recap: Recap, contract: Contract, operation: Operation
) -> None:
    path = path_of(operation, "ses_nothing")
    answer = await ask(shared_recap, operation.method, path)
    assert answer.status == 401
    assert code_of(path, answer) in ("not_authenticated", "invalid_api_key")
    contract.check(operation.method, operation.path, answer)


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/v1/sessions", {"metadata": []}),
        ("/v1/sessions/{id}/messages", {"content": 5}),
        ("/v1/sessions/{id}/messages", {}),
        ("/v1/chat/completions", []),
    ],
)
async def test_the_documented_bodies_are_those_that_are_taken(
    contract: Contract, path: str, refused: Any
) -> None:
    body = contract.operation("POST", path)["requestBody"]["content"]["application/json"]
    validator = contract.validator(body["schema"])
    assert validator.is_valid(DOORS["POST", path].body)
    assert not validator.is_valid(refused)


def operations(contract: Contract) -> Iterator[dict[str, Any]]:
    for methods in contract.document["paths"].values():
        yield from methods.values()


def schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["components"]["schemas"].values()
    yield from found(document["paths"], "schema")


def found(value: Any, name: str) -> Iterator[Any]:
    """Everything under that name, however deep."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == name:
                yield item
            else:
                yield from found(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from found(item, name)
