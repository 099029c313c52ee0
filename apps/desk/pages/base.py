"""The three shapes of a page: something to read, a form to fill, a button to press."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.clinic.errors import LitError
from apps.desk.access import desk_of
from apps.desk.forms.base import DeskForm, in_one_line


def page(
    request: HttpRequest, template: str, title: str, context: Mapping[str, Any], *, status: int = 200
) -> TemplateResponse:
    """A page in the admin's frame. `context` may hold anything the template needs."""
    desk = desk_of(request)
    frame = admin.site.each_context(request)
    return TemplateResponse(
        request, template, {**frame, "title": title, "desk": desk, **context}, status=status
    )


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page with one form: `act` is called with valid input and may raise LitError, which comes back as faults.

    `act` returns the address to go to, or None to show the page again. `done` is said after it went well.
    """

    title: str
    form: DeskForm
    act: Callable[[], str | None]
    done: str = ""
    button: str = "Save"
    back: str = "/admin/"
    intro: str = ""
    template: str = "desk/form.html"
    danger: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Runs the form if it was sent; nothing has changed when the page comes back with faults."""
        if request.method == "POST" and self.form.is_valid():
            try:
                target = self.act()
            except LitError as error:
                self.form.take(error)
            else:
                if target is not None:
                    if self.done:
                        messages.success(request, self.done)
                    return HttpResponseRedirect(target)
        status = 422 if request.method == "POST" and self.form.errors else 200
        shown = {
            "form": self.form,
            "button": self.button,
            "back": self.back,
            "intro": self.intro,
            "danger": self.danger,
            **self.context,
        }
        return page(request, self.template, self.title, shown, status=status)


def press(request: HttpRequest, act: Callable[[], object], *, done: str, back: str) -> HttpResponse:
    """A button without a form: acts on POST, says what happened, goes back."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        act()
    except LitError as error:
        messages.error(request, in_one_line(error))
    else:
        messages.success(request, done)
    return HttpResponseRedirect(back)
