"""Names that are mistaken for each other: one letter apart, or alike to the ear."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.couples.models import Couple, NameKeys
from apps.couples.names import is_similar, keys_of
from apps.couples.queries import similar_to
from apps.couples.services import PersonInput, enrol_couple, update_person
from tests.rows import AT, LONDON, SYSTEM, a_clinic

WORDS = st.text(alphabet="abcdeghiklmnoprstuvy", min_size=6, max_size=14)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lakshmi Reddy", "Laxmi Reddy"),
        ("Sunita Rao", "Sunitha Rao"),
        ("Priya Sharma", "Pria Sharma"),
        ("Meera Das", "Mira Das"),
        ("Ayesha Khan", "Aisha Khan"),
        ("Pooja Shah", "Puja Sah"),
        ("Sunita Rao", "Rao Sunita"),
        ("Farah Ali", "Sarah Ali"),
        ("Kavita Nair", "Kavita  NAIR"),
        ("José Costa", "Jose Costa"),
        ("లక్ష్మి రెడ్డి", "లక్ష్మీ రెడ్డి"),
    ],
)
def test_names_that_are_mistaken_for_each_other(one: str, other: str) -> None:
    assert is_similar(one, other)
    assert set(keys_of(one)) & set(keys_of(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sunita Reddy", "Sandhya Reddy"),
        ("Ravi", "Rani"),
        ("Kavita Nair", "Kavya Nair"),
        ("Deepa Iyer", "Divya Iyer"),
        ("", ""),
        ("محمد", "మీరా"),
    ],
)
def test_names_that_nobody_mistakes(one: str, other: str) -> None:
    assert not is_similar(one, other)


@given(WORDS, st.data())
def test_names_one_letter_apart_share_a_key(name: str, data: Any) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    other = data.draw(
        st.sampled_from(
            [
                name[:at] + "z" + name[at + 1 :],
                name[:at] + "z" + name[at:],
                name[: max(at - 1, 0)] + name[max(at - 1, 0) : at + 1][::-1] + name[at + 1 :],
            ]
        )
    )
    assert is_similar(name, other)
    assert set(keys_of(name)) & set(keys_of(other))


def enrolled(clinic: Any, her: str, him: str) -> Couple:
    first, last = (PersonInput(*name.split(" ", 1)) for name in (her, him))
    return enrol_couple(clinic=clinic, recipient=first, partner=last, actor=SYSTEM, at=AT)


@pytest.mark.django_db
def test_a_couple_is_warned_of_similar_names_in_its_own_clinic_only() -> None:
    clinic, other = a_clinic(), a_clinic(LONDON)
    couple = enrolled(clinic, "Lakshmi Reddy", "Kiran Reddy")
    alike = enrolled(clinic, "Laxmi Reddy", "Arun Goud")
    enrolled(clinic, "Fatima Begum", "Imran Khan")
    enrolled(other, "Lakshmi Reddy", "Kiran Reddy")
    assert similar_to(couple) == [alike]
    assert similar_to(alike) == [couple]


@pytest.mark.django_db
def test_a_new_name_is_found_by_its_new_keys() -> None:
    clinic = a_clinic()
    couple = enrolled(clinic, "Lakshmi Reddy", "Kiran Reddy")
    other = enrolled(clinic, "Fatima Begum", "Imran Khan")
    renamed = replace(PersonInput.of(other.recipient), given_name="Laxmi", family_name="Reddy")
    update_person(person=other.recipient, given=renamed, actor=SYSTEM, at=AT)
    assert similar_to(couple) == [other]
    assert NameKeys.objects.count() == 4


@pytest.mark.django_db
def test_a_persons_own_other_couple_is_no_warning_by_her_own_name() -> None:
    clinic = a_clinic()
    couple = enrolled(clinic, "Lakshmi Reddy", "Kiran Reddy")
    again = enrol_couple(
        clinic=clinic,
        recipient=couple.recipient_id,
        partner=PersonInput("Suresh", "Babu"),
        actor=SYSTEM,
        at=AT,
    )
    assert similar_to(again) == []


@pytest.mark.django_db
def test_similar_names_cost_two_queries_however_many_couples_there_are(
    django_assert_num_queries: Any,
) -> None:
    clinic = a_clinic()
    couple = enrolled(clinic, "Lakshmi Reddy", "Kiran Reddy")
    for n in range(20):
        enrolled(clinic, "Laxmi Reddy", f"Suresh {n * 'x'}Babu")
    couple = Couple.objects.select_related("clinic", "recipient", "partner").get(pk=couple.pk)
    with django_assert_num_queries(2):
        assert len(similar_to(couple)) == 20
