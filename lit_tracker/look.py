"""Names and colours of the desk, for django-unfold."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LIT Tracker",
    "SITE_HEADER": "LIT Tracker",
    "SITE_SYMBOL": "event_available",
    "SITE_URL": "/admin/",
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "apps.desk.navigation.icon"},
    ],
    "STYLES": ["apps.desk.navigation.stylesheet"],
    "COLORS": {
        "primary": {
            "50": "#f0fdfa",
            "100": "#ccfbf1",
            "200": "#99f6e4",
            "300": "#5eead4",
            "400": "#2dd4bf",
            "500": "#14b8a6",
            "600": "#0b7f75",  # white on it must be readable: 4.9 to 1
            "700": "#0f766e",
            "800": "#115e59",
            "900": "#134e4a",
            "950": "#042f2e",
        }
    },
}
