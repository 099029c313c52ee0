"""The couples' write path. Every verb says in a change row what happened, without names and reasons."""

from apps.couples.inputs import Identifier, PersonInput
from apps.couples.merging import merge_people, unmerge_people
from apps.couples.notes import withdraw_note, write_note
from apps.couples.people import add_identifier, enrol_couple, update_person
from apps.couples.silence import SaidYes, end_silence, release_couple, release_couples, silence_couple

__all__ = [
    "Identifier",
    "PersonInput",
    "SaidYes",
    "add_identifier",
    "end_silence",
    "enrol_couple",
    "merge_people",
    "release_couple",
    "release_couples",
    "silence_couple",
    "unmerge_people",
    "update_person",
    "withdraw_note",
    "write_note",
]
