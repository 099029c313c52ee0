"""What every address of the API shares: the caller, the moment, scopes, and no page that a cache may keep."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.api.callers import Caller, TokenAuthentication, bearer_of, caller_of
from apps.api.parsing import StrictJsonParser
from apps.api.problems import handle
from apps.api.throttles import ClientThrottle
from apps.clinic.errors import Forbidden


class HasScope(BasePermission):
    """The token carries the scope that the view asks for this method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if bearer_of(request) is None:
            return False
        assert isinstance(view, ApiView)
        needed = view.scope_for(request.method or "GET")
        if needed:
            require_scope(request, needed)
        return True


def require_scope(request: Request, scope: str) -> None:
    """Forbidden, naming the scope, unless the token carries it."""
    token: Any = request.auth
    if not token.allow_scopes([scope]):
        raise Forbidden(
            f"This token lacks the scope {scope}.",
            code="insufficient_scope",
            remedy=f"Ask /oauth/token/ for a token with the scope {scope}.",
        )


class ApiView(APIView):
    """Base of all views. `reads`, `writes` and `deletes` are the scopes of GET (and HEAD), of POST and of DELETE."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (HasScope,)
    throttle_classes = (ClientThrottle,)
    parser_classes = (StrictJsonParser,)
    renderer_classes = (JSONRenderer,)
    throttle_scope = "client"
    metadata_class = None
    reads: ClassVar[str] = ""
    writes: ClassVar[str] = ""
    deletes: ClassVar[str] = ""

    at: datetime
    caller: Caller

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.at = self.clock()
        self.caller = caller_of(request)

    def clock(self) -> datetime:
        """Where wall-clock time enters, once per request."""
        return timezone.now()

    def scope_for(self, method: str) -> str:
        """The scope that the method needs; empty for a method that the address does not have."""
        return {"POST": self.writes, "DELETE": self.deletes}.get(method.upper(), self.reads)

    def get_exception_handler(self) -> Any:
        return handle

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    @property
    def context(self) -> dict[str, Any]:
        """What the shapes need to know of the caller's clinic."""
        return {"zone": self.caller.clinic.zone, "sees_contact": self.caller.actor.role != "lab"}
