"""
The wrapper that Cloud Code puts around Gemini: a request within a request, each answer within an answer.

A refusal is not wrapped, wherever it comes; nor is a count of tokens.

Source: sheets `dialects/gemini-cli` and `dialects/antigravity`.
"""

import re
from collections.abc import Callable, Collection, Iterable

import msgspec

from cliproxy.simulator.answer import Answer, JsonObject, Piece
from cliproxy.simulator.hosts.visit import Visit
from cliproxy.simulator.loose import mapping, mappings, string
from cliproxy.simulator.people import Person
from cliproxy.simulator.vendor import Problem, Refusal, Refused

PATH = re.compile(r"/v1internal:(generateContent|streamGenerateContent|countTokens)")
UNKNOWN_MODEL = Refusal(404, "Requested entity was not found.")
WRONG_PROJECT = "Permission denied on resource project {}."


def action_of(visit: Visit) -> str:
    """Return what is asked for; raises Refused where the path or the method is none of these."""
    found = PATH.fullmatch(visit.request.path)
    if found is None or visit.request.method != "POST":
        raise Refused.because(visit.host.words.problems[Problem.UNKNOWN_PATH])
    return found[1]


def unknown_field(name: str, where: str = "") -> Refused:
    """Return the refusal of a field that is not known at its place."""
    at = f" at '{where}'" if where else ""
    return Refused(f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.')


def check_fields(given: JsonObject, known: Collection[str], where: str = "") -> None:
    """Raise Refused for the first field that is not known."""
    for name in given:
        if name not in known:
            raise unknown_field(name, where)


def opened(visit: Visit, known: Collection[str]) -> JsonObject:
    """Return the request within a request, after a look at what is around it."""
    check_fields(visit.body, known)
    inner = visit.body.get("request")
    if not isinstance(inner, dict):
        raise Refused("Request contains an invalid argument.")
    if "model" in inner:
        raise unknown_field("model", "request")
    if not visit.model or visit.asks_for_missing_model:
        raise Refused.because(UNKNOWN_MODEL)
    return inner


def check_project(visit: Visit, person: Person) -> None:
    """Raise Refused unless the project is one of the person's."""
    project = string(visit.body.get("project"))
    if project not in person.projects:
        raise Refused.because(Refusal(403, WRONG_PROJECT.format(project), code="CONSUMER_INVALID"))


def check_parts(inner: JsonObject) -> None:
    """Raise Refused for a part in which nothing is said."""
    for index, content in enumerate(mappings(inner.get("contents"))):
        for place, part in enumerate(mappings(content.get("parts"))):
            if not set(part) - {"thoughtSignature"} or (set(part) == {"text"} and not part["text"]):
                raise Refused(
                    f"* GenerateContentRequest.contents[{index}].parts[{place}].data: required oneof field 'data' must"
                    " have one initialized field\n"
                )


def counted(visit: Visit, account: str) -> Answer:
    """Return how many tokens a request within a request has; nothing but contents and tools belongs there."""
    check_fields(visit.body, ("request",))
    inner = mapping(visit.body.get("request"))
    if "safetySettings" in inner:
        raise unknown_field("safetySettings", "request")
    model = string(inner.get("model")).removeprefix("models/") or "unnamed"
    body = {name: value for name, value in inner.items() if name != "model"}
    return visit.ask(account, body, f"/v1beta/models/{model}:countTokens")


def sealed(answer: Answer, change: Callable[[JsonObject], JsonObject] = lambda response: response) -> Answer:
    """Return the answer with each of its responses changed and wrapped."""
    if answer.status != 200 or not any(kind in answer.headers["content-type"] for kind in ("json", "event-stream")):
        return answer
    return msgspec.structs.replace(answer, pieces=_each(answer.pieces, change))


def without_ids(response: JsonObject) -> JsonObject:
    """Return a response whose calls have no ids, as Gemini's are here."""
    for candidate in mappings(response.get("candidates")):
        for part in mappings(mapping(candidate.get("content")).get("parts")):
            mapping(part.get("functionCall")).pop("id", None)
    return response


def _each(pieces: Iterable[Piece], change: Callable[[JsonObject], JsonObject]) -> Iterable[Piece]:
    """Wrap pieces as they come; those that are all there stay so."""
    wrapped = (_wrapped(piece, change) for piece in pieces)
    return tuple(wrapped) if isinstance(pieces, tuple) else wrapped


def _wrapped(piece: Piece, change: Callable[[JsonObject], JsonObject]) -> Piece:
    """Wrap the one object in a piece, whatever framing is around it."""
    if not isinstance(piece, bytes) or b"{" not in piece:
        return piece
    start, end = piece.index(b"{"), piece.rindex(b"}") + 1
    response = mapping(msgspec.json.decode(piece[start:end]))
    if "error" in response:
        return piece
    whole = {"response": change(response), "traceId": string(response.get("responseId"))}
    return piece[:start] + msgspec.json.encode(whole) + piece[end:]
