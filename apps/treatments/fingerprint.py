"""What somebody saw of a treatment, as one short text: equal while nothing that a booking rests on has changed."""

from __future__ import annotations

import hashlib
import json

from apps.treatments.gathered import Gathered


def fingerprint(gathered: Gathered) -> str:
    """A digest of the plan of today and of what people have said of each visit. Holding a slot does not change it."""
    said = [
        [
            str(row.pk),
            row.status,
            row.starts_at.isoformat() if row.starts_at else None,
            row.ends_at.isoformat() if row.ends_at else None,
            row.pencilled,
        ]
        for row in gathered.visits.values()
        if row.touched
    ]
    seen = [gathered.plan().as_json(), sorted(said, key=lambda visit: str(visit[0]))]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()
