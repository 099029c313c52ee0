"""Addresses of the fitness check, of recording a dose, and of what goes with both."""

from __future__ import annotations

from apps.desk.pages import dose, fitness, stopping
from apps.desk.pages.routes import Route

_VISIT = "treatments/appointment/<uuid:pk>/"

ROUTES: list[Route] = [
    # Stands before the address of every other visit, which it leads on to.
    (_VISIT + "attend/", dose.attend, "visit_attend"),
    (_VISIT + "fitness/", fitness.ask, "visit_fitness"),
    (_VISIT + "again/", fitness.again, "visit_again"),
    (_VISIT + "stop/", stopping.stop, "visit_stop"),
    (_VISIT + "dose/", dose.show, "visit_dose"),
    (_VISIT + "dose/verdict/", dose.verdict, "visit_dose_verdict"),
    (_VISIT + "dose/label/", dose.label, "visit_label"),
    (_VISIT + "dose/release/", dose.release, "visit_release"),
    (_VISIT + "dose/refuse/", stopping.refuse, "visit_refuse"),
    (_VISIT + "dose/reasons/", stopping.reasons, "visit_reasons"),
    ("clinic/clinic/<uuid:pk>/draws/", fitness.setting, "clinic_draws"),
]
