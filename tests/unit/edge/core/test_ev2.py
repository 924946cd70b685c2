"""The reader's arithmetic against values that NXP has published, byte for byte."""

from dataclasses import dataclass

import pytest

from edge.core.ev2 import Challenge, NotGenuine, Session, new_key_data

ZERO = bytes(16)


def h(text: str) -> bytes:
    return bytes.fromhex(text)


@dataclass(frozen=True)
class Published:
    """One authentication with the factory's key of zeros, as a document prints it."""

    rnd_a: str
    challenge: str
    rnd_b: str
    answer: str
    proof: str
    transaction: str
    enc_key: str
    mac_key: str


AN12343_TABLE_16 = Published(
    rnd_a="B04D0787C93EE0CC8CACC8E86F16C6FE",
    challenge="24677DDBD46349E623798FD729006E79",
    rnd_b="FA659AD0DCA738DD65DC7DC38612AD81",
    answer="3B50445F21D21D77D500794DEB245E5A754F5F901844259F4C9B31A5C7335ACD",
    proof="04C6DBD67417ED0D31DDDE4D2E3FFAC2B4B074F638EEF7FFF9254963B65C7759",
    transaction="8CF141F3",
    enc_key="63DC07286289A7A6C0334CA31C314A04",
    mac_key="774F26743ECE6AF5033B6AE8522946F6",
)
AN12196_6_6 = Published(
    rnd_a="13C5DB8A5930439FC3DEF9A4C675360F",
    challenge="A04C124213C186F22399D33AC2A30215",
    rnd_b="B9E2FC789B64BF237CCCAA20EC7E6E48",
    answer="35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D",
    proof="3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663",
    transaction="9D00C4DF",
    enc_key="1309C877509E5A215007FF0ED19CA564",
    mac_key="4C6626F5E72EA694202139295C7A7FC7",
)
AN12196_6_10 = Published(
    rnd_a="B98F4C50CF1C2E084FD150E33992B048",
    challenge="B875CEB0E66A6C5CD00898DC371F92D1",
    rnd_b="91517975190DCEA6104948EFA3085C1B",
    answer="FF0306E47DFBC50087C4D8A78E88E62DE1E8BE457AA477C707E2F0874916A8B1",
    proof="0CC9A8094A8EEA683ECAAC5C7BF20584206D0608D477110FC6B3D5D3F65C3A6A",
    transaction="7614281A",
    enc_key="7A93D6571E4B180FCA6AC90C9A7488D4",
    mac_key="FC4AF159B62E549B5812394CAB1918CC",
)
PUBLISHED = pytest.mark.parametrize(
    "vector", [AN12343_TABLE_16, AN12196_6_6, AN12196_6_10], ids=["AN12343-16", "AN12196-6.6", "AN12196-6.10"]
)


def challenged(vector: Published, key: bytes = ZERO) -> Challenge:
    return Challenge.of(key, h(vector.rnd_a), h(vector.challenge))


@PUBLISHED
def test_a_published_authentication_is_reproduced(vector: Published) -> None:
    challenge = challenged(vector)
    assert (challenge.rnd_b, challenge.answer()) == (h(vector.rnd_b), h(vector.answer))

    session = challenge.session(h(vector.proof))

    assert (session.enc_key, session.mac_key) == (h(vector.enc_key), h(vector.mac_key))
    assert (session.transaction, session.counter) == (h(vector.transaction), 0)


@PUBLISHED
@pytest.mark.parametrize("bit", range(32, 160))
def test_a_flipped_bit_of_what_the_card_says_of_rnd_a_is_found(vector: Published, bit: int) -> None:
    proof = bytearray(h(vector.proof))
    proof[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotGenuine):
        challenged(vector).session(bytes(proof))


@PUBLISHED
def test_a_card_with_another_key_is_not_genuine(vector: Published) -> None:
    with pytest.raises(NotGenuine):
        challenged(vector, key=b"\1" + bytes(15)).session(h(vector.proof))


def test_a_transcript_that_is_played_again_does_not_fit_another_rnd_a() -> None:
    again = Challenge.of(ZERO, bytes(range(16)), h(AN12196_6_6.challenge))
    with pytest.raises(NotGenuine):
        again.session(h(AN12196_6_6.proof))


@pytest.mark.parametrize("length", [0, 1, 15, 17, 32])
def test_a_challenge_of_another_length_is_none(length: int) -> None:
    with pytest.raises(NotGenuine):
        Challenge.of(ZERO, ZERO, bytes(length))


@pytest.mark.parametrize("length", [0, 1, 16, 31, 33])
def test_a_proof_of_another_length_is_none(length: int) -> None:
    with pytest.raises(NotGenuine):
        challenged(AN12196_6_6).session(bytes(length))


WRITING = Session(h(AN12196_6_10.enc_key), h(AN12196_6_10.mac_key), h("7614281A"))
CHANGING = Session(
    h("4CF3CB41A22583A61E89B158D252FC53"), h("5529860B2FC5FB6154B7F28361D30BF9"), h("7614281A"), counter=2
)


def test_a_command_in_full_mode_is_as_published() -> None:
    """AN12196 table 21: WriteData of ten bytes to file 3."""
    sent = WRITING.command(0x8D, h("030000000A0000"), h("0102030405060708090A"))
    assert sent == h("030000000A00006B5E6804909962FC4E3FF5522CF0F8436C0C53315B9C73AA")
    assert WRITING.next.answer(0x00, h("C26D236E4A7C046D")) == b""


def test_the_change_of_another_key_is_as_published() -> None:
    """AN12196 table 25: key 2, in a session of key 0."""
    data = new_key_data(h("F3847D627727ED3BC9C4CC050489B966"), 1, instead_of=ZERO)
    assert data == h("F3847D627727ED3BC9C4CC050489B96601789DFADC")
    assert CHANGING.command(0xC4, b"\x02", data) == h(
        "022CF362B7BF4311FF3BE1DAA295E8C68DE09050560D19B9E16C2393AE9CD1FAC75D0CE20BCD1D06E6"
    )
    assert CHANGING.next.answer(0x00, h("203BB55D1089D587")) == b""


def test_the_change_of_the_sessions_own_key_is_as_published() -> None:
    """AN12196 table 26: key 0, in a session of key 0."""
    data = new_key_data(h("5004BF991F408672B1EF00F08F9E8647"), 1)
    assert CHANGING.next.command(0xC4, b"\x00", data) == h(
        "00C0EB4DEEFEDDF0B513A03A95A75491818580503190D4D05053FF75668A01D6FDA6610234BDED6432"
    )


ASKING_UID = Session(
    h("2B4D963C014DC36F24F69A50A394F875"), h("379D32130CE61705DD5FD8C36B95D764"), h("DF055522")
)
SAID_UID = "70756055688505B52A5E26E59E329CD6595F672298EA41B7"


def test_a_card_that_says_its_number_under_the_session_is_read_as_published() -> None:
    """AN12196 table 28: GetCardUID, whose answer is encrypted as well."""
    assert ASKING_UID.command(0x51) == h("8E2C155ADDA99BE3")
    assert ASKING_UID.next.answer(0x00, h(SAID_UID)) == h("04958CAA5C5E80")


@pytest.mark.parametrize("bit", range(len(h(SAID_UID)) * 8))
def test_a_number_with_a_flipped_bit_is_not_the_cards(bit: int) -> None:
    said = bytearray(h(SAID_UID))
    said[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotGenuine):
        ASKING_UID.next.answer(0x00, bytes(said))


@pytest.mark.parametrize("bit", range(64))
def test_an_answer_with_a_flipped_bit_is_not_the_cards(bit: int) -> None:
    mac = bytearray(h("C26D236E4A7C046D"))
    mac[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotGenuine):
        WRITING.next.answer(0x00, bytes(mac))


def test_an_answer_that_comes_again_is_not_the_cards() -> None:
    with pytest.raises(NotGenuine):
        WRITING.next.next.answer(0x00, h("C26D236E4A7C046D"))


@pytest.mark.parametrize("length", [0, 1, 7])
def test_an_answer_without_a_mac_is_not_the_cards(length: int) -> None:
    with pytest.raises(NotGenuine):
        WRITING.next.answer(0x00, bytes(length))
