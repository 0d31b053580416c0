"""What the labels of a model say."""

import pytest

from filters.personal.names.labels import Label, kind_of, read_labels
from tamis.errors import ConfigError


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("PER", "PERSON"),
        ("private_person", "PERSON"),
        ("NAME", "PERSON"),
        ("first_name", "PERSON"),
        ("GPE", "LOCATION"),
        ("STREET", "ADDRESS"),
        ("private_address", "ADDRESS"),
        ("ORG", "ORGANIZATION"),
        ("date_of_birth", "DATE_OF_BIRTH"),
        ("private_email", "EMAIL_ADDRESS"),
        ("USERNAME", "USERNAME"),
        ("secret", "SECRET"),
        ("blood type", "BLOOD_TYPE"),
    ],
)
def test_names_in_use_are_ours(theirs, ours):
    assert kind_of(theirs) == ours


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["O", "B-PER", "I-PER"], [(None, 0, 0), ("PERSON", 1, 0), ("PERSON", 0, 0)]),
        (
            ["O", "B-private_person", "I-private_person", "E-private_person", "S-private_person"],
            [(None, 0, 0), ("PERSON", 1, 0), ("PERSON", 0, 0), ("PERSON", 0, 1), ("PERSON", 1, 1)],
        ),
        (["O", "U-LOC", "L-LOC"], [(None, 0, 0), ("LOCATION", 1, 1), ("LOCATION", 0, 1)]),
        (["I-PER", "O"], [("PERSON", 0, 0), (None, 0, 0)]),
        (["O", "NAME", "E-MAIL"], [(None, 0, 0), ("PERSON", 0, 0), ("EMAIL_ADDRESS", 0, 0)]),
    ],
    ids=["BIO", "BIOES", "BILOU", "IO", "none"],
)
def test_each_scheme_is_told_by_its_prefixes(names, expected):
    labels = read_labels(names, renames={}, where="model")
    assert [(label.kind, label.begins, label.ends) for label in labels] == expected


def test_a_name_of_ours_for_one_of_theirs_goes_first():
    assert read_labels(["O", "B-MISC"], renames={"MISC": "NICKNAME"}, where="model")[1] == Label(
        "MISC", "NICKNAME", True
    )


@pytest.mark.parametrize(
    ("names", "renames", "says"),
    [
        ([], {}, "id2label"),
        (["LABEL_0", "LABEL_1"], {}, "id2label"),
        (["PER", "LOC"], {}, "one for nothing"),
        (["O"], {}, "one for nothing"),
        (["O", "B-PER"], {"PRE": "PERSON"}, "Did you mean 'PER'"),
    ],
)
def test_labels_that_say_nothing_are_an_error(names, renames, says):
    with pytest.raises(ConfigError, match=says):
        read_labels(names, renames=renames, where="model")
