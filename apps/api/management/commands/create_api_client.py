"""manage.py create_api_client --clinic SLUG --name NAME [--staff --redirect-uri URI ...]"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.api.services import create_client, create_staff_app
from apps.clinic.actors import Actor
from apps.clinic.errors import LitError
from apps.clinic.queries import clinic_by_slug


class Command(BaseCommand):
    help = "Registers a program with the API of one clinic and prints its credentials, the secret this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clinic", required=True, help="the clinic's slug")
        parser.add_argument("--name", required=True, help="what records show as their author")
        parser.add_argument(
            "--staff", action="store_true", help="staff sign in to it (authorization code with PKCE)"
        )
        parser.add_argument(
            "--redirect-uri", action="append", default=[], help="where --staff returns to; repeatable"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor, at = Actor.system("shell"), timezone.now()
        try:
            clinic = clinic_by_slug(options["clinic"])
            if options["staff"]:
                client_id, secret = (
                    create_staff_app(
                        clinic=clinic,
                        name=options["name"],
                        redirect_uris=options["redirect_uri"],
                        actor=actor,
                        at=at,
                    ),
                    None,
                )
            else:
                client_id, secret = create_client(clinic=clinic, name=options["name"], actor=actor, at=at)
        except LitError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"client_id={client_id}")
        if secret is not None:
            self.stdout.write(f"client_secret={secret}")
