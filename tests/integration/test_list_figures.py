"""What a booking costs on the wire with a whole town in the ledger. How long it takes is for `make bench`."""

from pathlib import Path

from passerelle.list_figures import list_figures
from protocol.site_file import read_site

SITES = Path(__file__).parents[2] / "deploy" / "sites"


def test_a_booking_reaches_each_door_on_its_way_as_less_than_two_kibibytes(tmp_path: Path) -> None:
    files = [SITES / "sceaux-smart.toml", SITES / "le-petit-voisin.toml"]
    sites = [read_site(file.read_text(encoding="utf-8"), file.name) for file in files]
    found = list_figures(sites, tmp_path, 2)
    assert found.patches_each >= 2  # the entrance and the room at least
    assert found.largest_patch_bytes < 2048
