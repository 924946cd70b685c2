from pathlib import Path

import pytest

from protocol.site_file import SiteFileRefused, read_site

SITES = Path(__file__).parents[3] / "deploy" / "sites"
_KEYPAD_AT = '[[reader]]\nid = "entrance-in"'
_KEYPAD = """id = "pad"
node = "ss-entrance"
door = "entrance"
rows = [5, 6, 12, 13]
columns = [16, 20, 21]

"""
SCEAUX = (SITES / "sceaux-smart.toml").read_text(encoding="utf-8")


def test_sceaux_smart_has_every_space_of_the_place() -> None:
    site = read_site(SCEAUX, "sceaux-smart.toml")
    kinds = [space.kind for space in site.spaces]
    offices = sorted(space.capacity for space in site.spaces if space.kind == "office")
    assert [kinds.count(kind) for kind in ("coworking", "meeting", "kitchen", "cosy", "lounge")] == [
        1,
        3,
        1,
        1,
        1,
    ]
    assert offices[:3] == [1, 1, 1]
    assert len(offices) == 7
    assert all(2 <= capacity <= 4 for capacity in offices[3:])
    assert site.capacity_event == 100
    assert next(space.capacity for space in site.spaces if space.id == "floor") == 40


def test_le_petit_voisin_is_right() -> None:
    text = (SITES / "le-petit-voisin.toml").read_text(encoding="utf-8")
    assert read_site(text, "le-petit-voisin.toml").id == "le-petit-voisin"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (
            "capacity = 40",
            "capacity = 0",
            "space 'floor'.capacity: Input should be greater than or equal to 1",
        ),
        ('kind = "cosy"', 'kind = "sauna"', "space 'cosy'.kind"),
        (
            'node = "ss-garden"',
            'node = "ss-gardn"',
            "door 'garden'.node: 'ss-gardn' does not exist, expected one of",
        ),
        ('timezone = "Europe/Paris"', 'timezone = "Europe/Sceaux"', "timezone: 'Europe/Sceaux' is not known"),
        (
            'id = "entrance"\n',
            'id = "entrance"\nrelock_after_s = 12\n',
            "door 'entrance'.opens_within_s: 10, expected at least its relock_after_s, 12",
        ),
        ('id = "ss-garden"', 'id = "gateway"', "node 'gateway'.id: this is the gateway's own name"),
        ("strike = 17\ncontact = 27", "strike = 17\ncontact = 17", "pin 17 is used 2 times"),
        (_KEYPAD_AT, "[[keypad]]\n" + _KEYPAD.replace("20", "17") + _KEYPAD_AT, "pin 17 is used 2 times"),
        (
            _KEYPAD_AT,
            "[[keypad]]\n" + _KEYPAD.replace("ss-entrance", "ss-garden") + _KEYPAD_AT,
            "expected 'ss-entrance', where its lock hangs",
        ),
        (
            _KEYPAD_AT,
            "[[keypad]]\n" + _KEYPAD.replace('"entrance"', '"entrnce"') + _KEYPAD_AT,
            "keypad 'pad'.door: 'entrnce' does not exist",
        ),
        (
            _KEYPAD_AT,
            "[[keypad]]\n"
            + _KEYPAD.replace('"entrance"', '"office-6-door"').replace("ss-entrance", "ss-offices-c")
            + _KEYPAD_AT,
            "asks for proof (aes), which no code can give",
        ),
        (_KEYPAD_AT, "[[keypad]]\n" + _KEYPAD.replace(", 21]", "]") + _KEYPAD_AT, "keypad 'pad'.columns"),
        ('id = "cosy"', 'id = "kitchen"', "id 'kitchen': used 2 times"),
        ("opens = 08:00:00, closes = 20:00:00", "opens = 21:00:00, closes = 20:00:00", "it must close later"),
        ("[opening]", "[opening", "not TOML"),
        (
            'id = "office-1-door"',
            'id = "office-1-door"\nanti_passback = "hard"',
            "door 'office-1-door'.anti_passback: expected a reader of direction 'out'",
        ),
        (
            'id = "office-1-door"',
            'id = "office-1-door"\ninterlock = "airlock"',
            "interlock 'airlock': expected two doors or more, all of one node",
        ),
        (
            'id = "entrance-beams"',
            'id = "entrance-beams"\ndoor = "garden"',
            "'entrance-beams'.door: 'garden', expected a door of node 'ss-entrance'",
        ),
        ('id = "ss-entrance"', 'id = "ss-entrance"\nfire = 17', "pin 17 is used 2 times"),
    ],
)
def test_an_error_is_told_with_file_key_and_expectation(right: str, wrong: str, told: str) -> None:
    spoiled = SCEAUX.replace(right, wrong, 1)
    with pytest.raises(SiteFileRefused) as refusal:
        read_site(spoiled, "s.toml")
    assert told in str(refusal.value)
    assert all(line.startswith("s.toml: ") for line in str(refusal.value).splitlines())
