"""The sites that the demo is about, and the tariff by which their use is counted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firmware_sim.demo.options import DemoRefused
from protocol.site import Site
from protocol.site_file import read_site

_DEPLOY: Final = Path(__file__).parents[2] / "deploy"
_SITES: Final = ("sceaux-smart", "le-petit-voisin")  # the first is where most people go
_TARIFF: Final = "sceaux-2026"


@dataclass(frozen=True, slots=True)
class Places:
    """Sites, each with its file, and the tariff files."""

    sites: tuple[Site, ...]
    site_files: tuple[Path, ...]
    tariff_files: tuple[Path, ...]

    def file_of(self, site: str) -> Path:
        """Return the file that describes a site."""
        return next(file for place, file in zip(self.sites, self.site_files, strict=True) if place.id == site)


def read_places() -> Places:
    """Read the files that come with the source. Raises DemoRefused where they are not there."""
    files = tuple(_DEPLOY / "sites" / f"{name}.toml" for name in _SITES)
    tariff = _DEPLOY / "tariffs" / f"{_TARIFF}.toml"
    for file in (*files, tariff):
        if not file.is_file():
            raise DemoRefused(
                f"{file} is missing: the demo runs from a checkout of the source, by `make demo`"
            )
    sites = tuple(read_site(file.read_text(encoding="utf-8"), file.name) for file in files)
    return Places(sites, files, (tariff,))
