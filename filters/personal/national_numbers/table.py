"""The numbers that countries give to people and firms, one row a kind."""

from __future__ import annotations

from filters.personal.entity import Entity
from filters.personal.national_numbers.be_nl import BELGIUM, NETHERLANDS
from filters.personal.national_numbers.de_at_ch import AUSTRIA, GERMANY, SWITZERLAND
from filters.personal.national_numbers.es_pt import PORTUGAL, SPAIN
from filters.personal.national_numbers.fr import FRANCE
from filters.personal.national_numbers.ie_br import BRAZIL, IRELAND
from filters.personal.national_numbers.presidio import PRESIDIO

NATIONAL: tuple[Entity, ...] = tuple(
    sorted(
        (
            *AUSTRIA,
            *BELGIUM,
            *BRAZIL,
            *FRANCE,
            *GERMANY,
            *IRELAND,
            *NETHERLANDS,
            *PORTUGAL,
            *PRESIDIO,
            *SPAIN,
            *SWITZERLAND,
        ),
        key=lambda entity: (entity.region, entity.kind),
    )
)
"""In order of country and kind."""
