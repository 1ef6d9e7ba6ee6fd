"""HubSpot's API over HTTP: who may, how often, and what each address does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from connectors.hubspot.simulator import batches, links, search
from connectors.hubspot.simulator.crm import shown
from connectors.hubspot.simulator.problems import JSON, Fault, fault_response, over_limit, unauthorized
from connectors.hubspot.simulator.schema import OWNERS, PIPELINES, PROPERTIES

if TYPE_CHECKING:
    from connectors.hubspot.simulator.fake import HubSpot

ROOT = "/crm/v3/objects/<entity>"
MOST = 100


def add_api_routes(api: Blueprint, fake: HubSpot) -> None:
    """Below /hubspot."""

    @api.before_request
    def _enter() -> Response | None:
        guarded = request.path.startswith((f"/{fake.slug}/crm/", f"/{fake.slug}/account-info/"))
        return _refused(fake) if guarded else None

    @api.errorhandler(Fault)
    def _fault(fault: Fault) -> Response:
        return fault_response(fault)

    @api.get("/account-info/v3/details")
    def details() -> Response:
        about = {"portalId": fake.portal, "timeZone": "America/Toronto", "accountType": "STANDARD"}
        return answer({**about, "companyCurrency": "CAD", "uiDomain": "app.hubspot.com"})

    @api.get("/crm/v3/pipelines/deals")
    def pipelines() -> Response:
        return answer({"results": PIPELINES})

    @api.get("/crm/v3/owners")
    @api.get("/crm/v3/owners/")
    def owners() -> Response:
        if not fake.setting("owners_scope"):
            raise Fault(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.")
        return answer({"results": OWNERS})

    @api.get("/crm/v3/properties/<entity>")
    def properties(entity: str) -> Response:
        rows = [
            {"name": name, "type": one.kind, "fieldType": "text", "options": [], "hasUniqueValue": one.unique}
            for name, one in PROPERTIES[known(entity)].items()
        ]
        return answer({"results": rows})

    _object_routes(api, fake)
    batches.add_batch_routes(api, fake, ROOT)
    links.add_link_routes(api, fake)


def _object_routes(api: Blueprint, fake: HubSpot) -> None:
    @api.get(ROOT)
    def listing(entity: str) -> Response:
        limit = int(request.args.get("limit", 10))
        if not 0 < limit <= MOST:
            raise Fault(400, "VALIDATION_ERROR", f"limit must be between 1 and {MOST}")
        after = int(request.args.get("after", 0))
        archived = request.args.get("archived") == "true"
        rows = sorted(fake.crm.every(known(entity), archived=archived), key=lambda one: int(one["id"]))
        rows = [one for one in rows if int(one["id"]) > after]
        page = [_shown(entity, one) for one in rows[:limit]]
        paging = {"paging": {"next": {"after": page[-1]["id"], "link": request.url}}} if len(rows) > limit else {}
        return answer({"results": page, **paging})

    @api.post(ROOT)
    def create(entity: str) -> Response:
        body = body_of()
        with fake.store.transaction():
            made = fake.crm.create(known(entity), body.get("properties") or {}, body.get("associations"))
        return answer(shown(entity, made, list(made)), 201)

    @api.route(f"{ROOT}/<key>", methods=["GET", "PATCH", "DELETE"])
    def one(entity: str, key: str) -> Response:
        by = request.args.get("idProperty", "")
        if request.method == "GET":
            archived = request.args.get("archived") == "true"
            return answer(_shown(entity, fake.crm.get(known(entity), key, by, archived=archived)))
        with fake.store.transaction():
            if request.method == "DELETE":
                fake.crm.archive(known(entity), key)
                return Response(status=204)
            values = body_of().get("properties")
            if not isinstance(values, dict) or not values:
                raise Fault(400, "VALIDATION_ERROR", "No properties found to update, please provide at least one.")
            return answer(shown(entity, fake.crm.update(known(entity), key, values, by), list(values)))

    @api.post(f"{ROOT}/search")
    def searching(entity: str) -> Response:
        if not fake.searches.take("token")[0]:
            return fault_response(over_limit("SECONDLY"))
        question = body_of()
        rows, total, start, limit = search.run(
            entity, question, fake.searchable(known(entity)), int(fake.setting("search_cap"))
        )
        page = [shown(entity, one, question.get("properties") or []) for one in rows]
        more = start + limit < total
        paging = {"paging": {"next": {"after": str(start + limit)}}} if more else {}
        return answer({"total": total, "results": page, **paging})

    @api.post(f"{ROOT}/merge")
    def merge(entity: str) -> Response:
        body = body_of()
        with fake.store.transaction():
            kept = fake.crm.merge(known(entity), str(body.get("primaryObjectId")), str(body.get("objectIdToMerge")))
        return answer(shown(entity, kept, []))


def _shown(entity: str, body: dict[str, Any]) -> dict[str, Any]:
    # SDKs repeat a parameter instead of separating its values by commas.
    properties, associations = (
        [one for text in request.args.getlist(name) for one in text.split(",") if one]
        for name in ("properties", "associations")
    )
    return shown(entity, body, properties, associations)


def known(entity: str) -> str:
    """A kind of object that there is."""
    if entity not in PROPERTIES:
        raise Fault(400, "VALIDATION_ERROR", f"Unable to infer object type from: {entity}")
    return entity


def body_of() -> dict[str, Any]:
    """The JSON object that was sent."""
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise Fault(400, "VALIDATION_ERROR", "Invalid input JSON")
    return body


def answer(body: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=JSON)


def _refused(fake: HubSpot) -> Response | None:
    """Token and pace, before anything else."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not (fake.is_key(token) or fake.grants.opens(token)):
        return fault_response(unauthorized(expired=not token.startswith("pat-")))
    if not fake.buckets.take("account")[0]:
        return fault_response(over_limit())
    return None
