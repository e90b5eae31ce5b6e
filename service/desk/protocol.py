"""The live agents' protocol as shapes: one for each command and each event.

What comes in is held against them here; what goes out is held against them in the tests. The same
shapes are published as `asyncapi.json`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from service.errors import InvalidRequest

SUBPROTOCOL = "recap.v1"
HEARTBEAT_SECONDS = 30
CURSORS = 2000
"""Sessions that one `subscribe` may name, and one socket follow."""

Id = Annotated[str, Field(min_length=1, max_length=100)]
CommandId = Annotated[str, Field(min_length=1, max_length=255)]
Seq = Annotated[int, Field(ge=0, lt=2**53)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Status = Literal["online", "away"]


class Command(BaseModel):
    """What every command carries. Fields that are not known are left alone."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")
    always_runs: ClassVar[bool] = False

    cmd_id: CommandId


class OfSession(Command):
    """A command about one session."""

    session_id: Id


class Subscribe(Command):
    """Follow sessions from the seqs that were seen; null ceases to follow."""

    always_runs = True
    type: Literal["subscribe"]
    cursors: Annotated[dict[Id, Seq | None], Field(max_length=CURSORS)]


class Claim(OfSession):
    """Take a session from the queue, or over from the bot."""

    type: Literal["claim"]


class Release(OfSession):
    """Give an own session back to its place in the queue."""

    type: Literal["release"]


class ReturnToBot(OfSession):
    """Give an own session back to the bot."""

    type: Literal["return_to_bot"]


class Transfer(OfSession):
    """Give an own session to another live agent who is there."""

    type: Literal["transfer"]
    agent_id: Id


class Resolve(OfSession):
    """End an own session; what the customer says next begins a new episode with the bot."""

    type: Literal["resolve"]


class Send(OfSession):
    """Say something to the customer. The same client_msg_id is said once."""

    type: Literal["send"]
    content: Text
    client_msg_id: CommandId | None = None


class Note(OfSession):
    """Write down what only live agents see."""

    type: Literal["note"]
    content: Text


class Typing(OfSession):
    """Show the customer that somebody is writing."""

    always_runs = True
    type: Literal["typing"]


class Read(OfSession):
    """Say up to where an own session was read."""

    type: Literal["read"]
    seq: Seq


class Draft(OfSession):
    """Have the bot suggest a reply to edit."""

    type: Literal["draft"]


class SetStatus(Command):
    """Be there for new sessions, or not."""

    type: Literal["status"]
    status: Status


class Ping(Command):
    """Is the line alive in both directions?"""

    always_runs = True
    type: Literal["ping"]


AnyCommand = Annotated[
    Subscribe
    | Claim
    | Release
    | ReturnToBot
    | Transfer
    | Resolve
    | Send
    | Note
    | Typing
    | Read
    | Draft
    | SetStatus
    | Ping,
    Field(discriminator="type"),
]
_COMMANDS: TypeAdapter[AnyCommand] = TypeAdapter(AnyCommand)


class _Closed(TypedDict):
    """An object with these fields and no others."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]


class AgentShown(_Closed):
    """A live agent."""

    id: str
    name: str | None


class AgentPresent(AgentShown):
    """A live agent who is there."""

    status: Status


class AgentSelf(AgentPresent):
    """The live agent whose socket this is; no capacity is no limit."""

    capacity: int | None


class Card(_Closed):
    """A session in a list. `agent` has it, `queued_at` is its place in the queue."""

    session_id: str
    owner: str
    agent: AgentShown | None
    epoch: int
    queued_at: str | None
    reason: str | None


class Mine(Card):
    """A session with how far it goes and how far each side has read."""

    last_seq: int
    agent_read_seq: int
    customer_read_seq: int


class _MessageFields(_Closed, total=False):
    author: str
    agent_id: str
    client_msg_id: str


class MessageFields(_MessageFields):
    """One entry of a session, as live agents see it."""

    session_id: str
    id: str
    seq: int
    kind: Literal["customer", "bot", "agent", "note", "activity"]
    content: str
    created_at: str


class Hello(_Closed):
    """The first frame."""

    type: Literal["hello"]
    agent: AgentSelf
    heartbeat: int


class Snapshot(_Closed):
    """How things are: the queue in its order, the agent's own sessions, and who is there."""

    type: Literal["snapshot"]
    queue: list[Card]
    mine: list[Mine]
    agents: list[AgentPresent]


class OwnerChanged(Mine):
    """A session has another owner. `cause` is the activity's word, `by` the agent who did it."""

    type: Literal[
        "session.waiting",
        "session.claimed",
        "session.released",
        "session.transferred",
        "session.resolved",
    ]
    cause: str
    by: AgentShown | None
    at: str


class MessageCreated(MessageFields):
    """Durable, in the order of seq, and once."""

    type: Literal["message.created"]


class TypingShown(_Closed):
    """Somebody is writing; it holds for some seconds."""

    type: Literal["typing"]
    session_id: str
    by: str
    name: str | None


class ReadShown(_Closed):
    """A session was read up to `seq`."""

    type: Literal["read"]
    session_id: str
    seq: int
    by: Literal["customer", "agent"]


class BotDelta(_Closed):
    """Words of the bot's reply to a message; `done` when they were dropped."""

    type: Literal["bot.delta"]
    session_id: str
    message_id: str
    seq: int
    offset: int
    content: str
    done: bool


class DraftReady(_Closed):
    """What the bot would answer."""

    type: Literal["draft.ready"]
    session_id: str
    cmd_id: str
    content: str


class PresenceShown(_Closed):
    """A live agent came, went, or is away."""

    type: Literal["agent.presence"]
    agent: AgentShown
    status: Literal["online", "away", "offline"]


class ResyncRequired(_Closed):
    """What is held of a session is worthless: it is unknown or erased, or the cursor is ahead."""

    type: Literal["resync_required"]
    session_id: str
    reason: Literal["unknown", "ahead", "erased"]


class Draining(_Closed):
    """The server is about to restart."""

    type: Literal["draining"]


class _ResultFields(_Closed, total=False):
    sessions: dict[str, int]
    session: Mine
    message: MessageFields
    seq: int
    content: str
    status: Status
    at: str


class Result(_ResultFields):
    """A command was done; what came of it depends on the command."""

    type: Literal["result"]
    cmd_id: str


class _ErrorFields(_Closed, total=False):
    owner: AgentShown
    capacity: int


class Error(_ErrorFields):
    """A command was not done; switch on `code`."""

    type: Literal["error"]
    cmd_id: str | None
    code: str
    title: str
    detail: str


EVENTS: tuple[Any, ...] = (
    Hello,
    Snapshot,
    OwnerChanged,
    MessageCreated,
    TypingShown,
    ReadShown,
    BotDelta,
    DraftReady,
    PresenceShown,
    ResyncRequired,
    Draining,
    Result,
    Error,
)
COMMANDS: tuple[type[Command], ...] = get_args(get_args(AnyCommand)[0])


def parse(raw: bytes) -> AnyCommand:
    """A command. Raises InvalidRequest."""
    try:
        command = _COMMANDS.validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(f"{where}: {first['msg']}" if where else first["msg"]) from None
    if b"\\u0000" in raw and _has_nul(command):
        raise InvalidRequest("Texts must not hold the character NUL.")
    return command


def _has_nul(command: Command) -> bool:
    """Is it in a text of the command, and not just spelt out in one?"""
    values = command.model_dump().values()
    texts = [text for value in values for text in (value if isinstance(value, dict) else [value])]
    return any(isinstance(text, str) and "\0" in text for text in texts)


def types_of(shape: Any) -> tuple[str, ...]:
    """The values that a command's or an event's `type` may have."""
    return get_args(get_type_hints(shape)["type"])
