"""/protocols/{id}/differences/ and /moves/: read only. Moves are begun and undone by a doctor at the desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.pages import PageQuery, page
from apps.api.shapes.fields import NoQuery, read_query
from apps.api.shapes.treatments import PinnedProtocolShape
from apps.api.shapes.versions import DifferencesQuery, DifferencesShape, MoveLineShape, MoveShape
from apps.api.views.base import ApiView
from apps.treatments.move_previews import same_schedule
from apps.treatments.queries import protocol_by_id, template
from apps.treatments.version_queries import lines_of, move_by_id, moves_of
from protocols import differences


class Differences(ApiView):
    reads = "treatments:read"

    @extend_schema(
        operation_id="protocols_differences", parameters=[DifferencesQuery], responses=DifferencesShape
    )
    def get(self, request: Request, protocol_id: UUID) -> Response:
        """What differs between another version and this one, in words."""
        version = protocol_by_id(self.caller.clinic, protocol_id)
        other = protocol_by_id(self.caller.clinic, read_query(request, DifferencesQuery)["other"])
        return Response(
            {
                "other": PinnedProtocolShape(other).data,
                "protocol": PinnedProtocolShape(version).data,
                "same_schedule": same_schedule(other, version),
                "differences": list(differences(template(other), template(version))),
            }
        )


class Moves(ApiView):
    """The clinic's moves of treatments to another version, in the order in which they began."""

    reads = "treatments:read"

    @extend_schema(operation_id="moves_list", parameters=[PageQuery], responses=MoveShape(many=True))
    def get(self, request: Request) -> Response:
        """Moves with their progress, counted from their treatments."""
        read_query(request, PageQuery)
        return page(request, moves_of(self.caller.clinic), ("started_at", "id"), self.show)

    def show(self, moves: list[Any]) -> list[Any]:
        return list(MoveShape(moves, many=True, context=self.context).data)


class OneMove(ApiView):
    reads = "treatments:read"

    @extend_schema(operation_id="moves_get", responses=MoveShape)
    def get(self, request: Request, move_id: UUID) -> Response:
        """One move, and how far it is."""
        read_query(request, NoQuery)
        return Response(MoveShape(move_by_id(self.caller.clinic, move_id), context=self.context).data)


class MoveLines(ApiView):
    reads = "treatments:read"

    @extend_schema(
        operation_id="moves_treatments", parameters=[PageQuery], responses=MoveLineShape(many=True)
    )
    def get(self, request: Request, move_id: UUID) -> Response:
        """The treatments of one move, and what became of each."""
        read_query(request, PageQuery)
        lines = lines_of(move_by_id(self.caller.clinic, move_id))
        return page(request, lines, ("id",), self.show)

    def show(self, lines: list[Any]) -> list[Any]:
        return list(MoveLineShape(lines, many=True, context=self.context).data)
