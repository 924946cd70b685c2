"""The dashboard of usage: how many came, how long they stayed, what went wrong at the doors."""

import json
from pathlib import Path
from typing import Final

from dashboards.panels import SOURCE, Json, Panel, Query, in_rows

FOLDER = Path(__file__).with_name("generated")

REFUSALS: Final = {
    "unknown_credential": "badge inconnu",
    "no_right_here": "aucun droit ici",
    "too_early": "trop tôt",
    "ended": "droit terminé",
    "list_expired": "liste d'accès périmée",
    "no_list": "aucune liste d'accès",
    "assurance_too_low": "preuve demandée",
    "no_card_keys": "clés de carte manquantes",
    "not_genuine": "copie de badge",
    "lockdown": "verrouillage général",
    "full": "complet",
    "passed_back": "déjà entré",
    "interlocked": "sas occupé",
}
"""Why doors refuse badges, as staff read it."""

CODE_REFUSALS: Final = {"unknown_code": "code inconnu", "code_used": "code déjà utilisé"}
"""Why keypads refuse codes that are no badge's reason as well."""

_BY_SITE: Final = ("time(1d)", '"site"')
_BY_SPACE: Final = (*_BY_SITE, '"space"')
_BY_NODE: Final = ("time(1d)", '"node"')


def _events(kind: str, legend: str, *conditions: str, by: tuple[str, ...] = ("time(1d)",)) -> Query:
    return Query('count("id")', "event", legend, (f"\"kind\" = '{kind}'", *conditions), by)


PANELS: Final = (
    Panel(
        "Personnes présentes",
        "D'après les compteurs des entrées. Un compteur dérive : chaque jour recommence à zéro.",
        (
            Query(
                'last("people")',
                "occupancy",
                "$tag_site",
                where=("\"space\" = '*'",),
                by=("time($__interval)", '"site"'),
                ending="fill(previous)",
            ),
        ),
        "line",
        width=24,
    ),
    Panel(
        "Visites par jour",
        "Les visites terminées, comptées le jour où elles commencent.",
        (Query('sum("visits")', "visit", "$tag_site", by=_BY_SITE),),
        "bars",
    ),
    Panel(
        "Minutes de présence par jour",
        "La durée des visites terminées, comptée le jour où elles commencent.",
        (Query('sum("minutes")', "visit", "$tag_site", by=_BY_SITE),),
        "bars",
        unit="m",
    ),
    Panel(
        "Badges et codes refusés, par motif",
        "Ce que les portes ont répondu à ceux qu'elles n'ont pas laissé entrer.",
        tuple(
            _events(kind, legend, '"granted" = false', f"\"reason\" = '{reason}'")
            for kind, reasons in (("BadgePresented", REFUSALS), ("CodeEntered", CODE_REFUSALS))
            for reason, legend in reasons.items()
        ),
        "bars",
    ),
    Panel(
        "Portes forcées ou restées ouvertes",
        "Forcée : ouverte sans badge, sans bouton de sortie et sans commande.",
        (
            _events("DoorOpened", "forcée : $tag_site, $tag_space", "\"cause\" = 'forced'", by=_BY_SPACE),
            _events("DoorHeldOpen", "restée ouverte : $tag_site, $tag_space", by=_BY_SPACE),
        ),
        "bars",
    ),
    Panel(
        "Démarrages des nœuds",
        "Un nœud qui redémarre souvent manque de courant, de place ou d'une carte saine.",
        (_events("NodeStarted", "$tag_node", by=_BY_NODE),),
        "bars",
        width=24,
    ),
)


def dashboard_files() -> dict[str, str]:
    """Return file name and text of each dashboard."""
    return {"passerelle.json": json.dumps(_dashboard(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"}


def _dashboard() -> Json:
    return {
        "uid": "passerelle",
        "title": "Passerelle : fréquentation",
        "tags": ["passerelle"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "Europe/Paris",
        "time": {"from": "now-6d/d", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [_SOURCE_CHOICE, _SITE_CHOICE]},
        "annotations": {"list": []},
        "panels": in_rows(PANELS),
    }


_SOURCE_CHOICE: Final[Json] = {
    "name": "source",
    "label": "Source",
    "type": "datasource",
    "query": "influxdb",
    "refresh": 1,
}

_SITE_CHOICE: Final[Json] = {
    "name": "site",
    "label": "Site",
    "type": "query",
    "datasource": SOURCE,
    "query": 'SHOW TAG VALUES FROM "event" WITH KEY = "site"',
    "refresh": 2,
    "sort": 1,
    "multi": True,
    "includeAll": True,
    "current": {"text": "All", "value": "$__all"},
}
