"""The only place that wires the gateway."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gateway.adapters.card_vault import FileVault
from gateway.adapters.certificate_authority import FileAuthority
from gateway.adapters.clock import SteppedClock, SystemClock
from gateway.adapters.copies import OldCopies
from gateway.adapters.feeds.web import WebFeed
from gateway.adapters.ledger import SqlLedger
from gateway.adapters.ledger.engine import sqlite_file, without_password
from gateway.adapters.mail import Mailer, MailServer
from gateway.adapters.mqtt import Broker, MqttDownlink
from gateway.adapters.notifier import OutboxNotifier
from gateway.adapters.openid import Client, OpenIdProvider
from gateway.adapters.passwords import Argon2Passwords, TotpFactor
from gateway.adapters.signer import FileSigner
from gateway.adapters.witness import FileWitness
from gateway.auditor import Auditor
from gateway.domain.authority import SYSTEM
from gateway.domain.tariff import Tariff, read_tariff
from gateway.enrolment import Enrolment, PlaceWords
from gateway.live import Notice
from gateway.logins import Logins, RolesByClaim
from gateway.polling import Polling
from gateway.ports import Clock, History, IdentityProvider, Ledger, LedgerFailed
from gateway.rebuild import Rebuild
from gateway.recorder import Recorder, start_over
from gateway.registrar import Registrar
from gateway.retention import Retention
from gateway.service import Gateway, site_of_node
from gateway.settings import (
    CalendarSettings,
    InfluxSettings,
    MailSettings,
    OpenIdSettings,
    Settings,
    SettingsRefused,
)
from gateway.worker import Worker
from host.claim import claimed
from host.files import secret_file
from host.tls import TlsFiles
from protocol.certificates import gateway_at
from protocol.site import Site
from protocol.site_file import read_site

SIGNING_KEY = "signing.key"
CREDENTIAL_KEY = "credential.key"
CARD_MASTER_KEY = "card-master.key"
AUTHORITY_KEY = "authority.pem"
FACTOR_KEY = "factor.key"
KEY_FILES = (SIGNING_KEY, CREDENTIAL_KEY, CARD_MASTER_KEY, AUTHORITY_KEY, FACTOR_KEY)
"""Files of the data folder, without which a ledger is of no use to its nodes, cards and second factors."""

_BEAT_S = 10.0
_HISTORY_S = 1.0
_MAIL_S = 5.0
_WITNESS_S = 3600.0
_RETENTION_S = 10.0
_POLLING_S = 1.0  # how soon a calendar that is due has its turn


@dataclass(frozen=True, slots=True)
class House:
    """A wired gateway: start it, stop it."""

    gateway: Gateway
    downlink: MqttDownlink
    ledger: SqlLedger
    clock: Clock
    credential_key: bytes
    card_vault: FileVault
    public_key: str
    tariffs: tuple[Tariff, ...]
    polling: Polling
    beat: Worker
    following: Worker
    recording: Worker | None
    mailing: Worker | None
    logins: Logins
    openid: IdentityProvider | None
    public_url: str | None
    witnessing: Worker
    forgetting: Worker

    @property
    def mails(self) -> bool:
        return self.mailing is not None

    def start(self) -> None:
        self.gateway.registrar.erase_again()
        self.forgetting.turn()  # before anybody is served: a restored ledger names whom it no longer may
        self.gateway.start()
        self.downlink.open(self.gateway.receive, self.gateway.connected)
        self.beat.start()
        self.following.start()
        for worker in (self.recording, self.mailing):
            if worker:
                worker.start()
        self.forgetting.start()
        self.witnessing.start()
        self.witnessing.wake()

    def stop(self) -> None:
        for worker in (self.recording, self.mailing):
            if worker:
                worker.stop()
        self.forgetting.stop()
        self.following.stop()
        self.beat.stop()
        self.downlink.close()
        self.gateway.stop()
        self.witnessing.stop()
        self.witnessing.turn()
        self.ledger.close()


def build(settings: Settings, *, clock: Clock | None = None) -> House:
    """Wire a gateway from `settings`. Raises SettingsRefused, SiteFileRefused or TariffRefused."""
    sites = _read_sites(settings)
    tariffs = tuple(read_tariff(_text(file), file.name) for file in settings.tariff_files)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    ledger = _ledger(settings)
    clock = clock or _clock(settings)
    authority = _authority(settings, ledger.id)
    downlink = MqttDownlink(_broker(settings, authority), sites, ledger.id, clock)
    signer = FileSigner(settings.data_dir / SIGNING_KEY)
    vault = _vault(settings)
    enrolment = _enrolment(settings, sites, ledger, signer, authority)
    enrolment.publish()
    outbox = settings.data_dir / "outbox"
    notifier = OutboxNotifier(outbox)
    gateway = Gateway(ledger, clock, downlink, signer, vault, notifier, sites, enrolment)
    witness = FileWitness(heads_file(settings))
    factor = TotpFactor(settings.data_dir / FACTOR_KEY)
    polling = _polling(settings.calendars, gateway)
    return House(
        gateway=gateway,
        downlink=downlink,
        ledger=ledger,
        clock=clock,
        credential_key=_credential_key(settings),
        card_vault=vault,
        public_key=signer.public_text,
        tariffs=tariffs,
        polling=polling,
        following=Worker("calendars", polling.poll, _POLLING_S),
        beat=Worker("beat", downlink.beat, _BEAT_S),
        recording=_recording(settings.influx, ledger, clock, sites) if settings.influx else None,
        witnessing=Worker("witness", lambda: gateway.auditor.bear_witness(witness), _WITNESS_S),
        forgetting=Worker("retention", _retention(settings, gateway, notifier).keep, _RETENTION_S),
        mailing=_mailing(settings.mail, outbox, clock) if settings.mail else None,
        logins=Logins(ledger, clock, gateway.handle, Argon2Passwords(), factor, _roles(settings.oidc)),
        openid=_openid(settings.oidc, clock) if settings.oidc else None,
        public_url=settings.public_url,
    )


def _polling(settings: CalendarSettings, gateway: Gateway) -> Polling:
    return Polling(
        gateway.ledger,
        gateway.clock,
        WebFeed(settings.private_hosts),
        gateway.sites,
        lambda command: gateway.handle(command, SYSTEM),
        lambda site: gateway.live.tell(Notice(site)),
        timedelta(seconds=settings.poll_every_s),
    )


@contextmanager
def alone(settings: Settings, program: str) -> Iterator[None]:
    """Be the only `program` at work on these keys and this ledger while the block runs. Raises ClaimRefused.

    A gateway is, for its life; so is what changes a ledger under no gateway's eyes.
    """
    claims = [settings.data_dir / "in-use"]
    ledger = sqlite_file(database_url(settings))
    if ledger is not None and ledger.parent.resolve() != settings.data_dir.resolve():
        claims.append(ledger.with_name(f"{ledger.name}.in-use"))
    with ExitStack() as stack:
        for claim in claims:
            stack.enter_context(claimed(claim, program))
        yield


def _read_sites(settings: Settings) -> dict[str, Site]:
    sites = [read_site(_text(file), file.name) for file in settings.site_files]
    nodes = [node.id for site in sites for node in site.nodes]
    for repeated in sorted({node for node in nodes if nodes.count(node) > 1}):
        raise SettingsRefused(f"site_files: node {repeated!r} is in two sites, expected each node in one")
    return {site.id: site for site in sites}


def _broker(settings: Settings, authority: FileAuthority) -> Broker:
    def own_certificate(site: str) -> TlsFiles:
        file = settings.data_dir / f"{gateway_at(site)}.pem"
        authority.keep_client(file, gateway_at(site), SystemClock().now())
        return TlsFiles(authority.public_file, file)

    where = (settings.broker_host, settings.broker_port)
    password = _secret(settings.broker_password_file)
    return Broker(*where, settings.broker_user, password, own_certificate if settings.broker_tls else None)


def _authority(settings: Settings, place: str) -> FileAuthority:
    now = SystemClock().now()  # other machines hold it against their own clocks, also in a simulation
    return FileAuthority(settings.data_dir / AUTHORITY_KEY, place, settings.node_certificate_days, now)


def _enrolment(
    settings: Settings,
    sites: Mapping[str, Site],
    ledger: Ledger,
    signer: FileSigner,
    authority: FileAuthority,
) -> Enrolment:
    files = {read_site(_text(file), file.name).id: _text(file) for file in settings.site_files}
    words = PlaceWords(
        gateway_key=signer.public_text,
        credential_key=_credential_key(settings).hex(),
        site_files=files,
        broker_host=settings.public_host or settings.broker_host,
        broker_port=settings.broker_port,
    )
    return Enrolment(ledger, SystemClock(), authority, words, site_of_node(sites), Auditor(ledger, signer))


def _credential_key(settings: Settings) -> bytes:
    return secret_file(settings.data_dir / CREDENTIAL_KEY, _new_secret)


@contextmanager
def open_enrolment(settings: Settings) -> Iterator[Enrolment]:
    """Open what invites and revokes nodes, for a command beside the gateway. Raises SettingsRefused."""
    with open_ledger(settings) as (ledger, _):
        signer = FileSigner(settings.data_dir / SIGNING_KEY)
        authority = _authority(settings, ledger.id)
        yield _enrolment(settings, _read_sites(settings), ledger, signer, authority)


@contextmanager
def open_authority(
    settings: Settings,
) -> Iterator[tuple[FileAuthority, Ledger, Sequence[Site], datetime]]:
    """Open the authority and the ledger, with the sites and the time. Raises SettingsRefused."""
    with open_ledger(settings) as (ledger, _):
        sites = tuple(_read_sites(settings).values())
        yield _authority(settings, ledger.id), ledger, sites, SystemClock().now()


@contextmanager
def open_ledger(settings: Settings) -> Iterator[tuple[Ledger, Mapping[str, str]]]:
    """Open the ledger there is, for a command beside the gateway, with the site of each node.

    Raises SettingsRefused where there is none.
    """
    ledger = _ledger_there_is(settings)
    try:
        yield ledger, site_of_node(_read_sites(settings))
    finally:
        ledger.close()


def start_history_over(settings: Settings) -> None:
    """Have all of history written again from the ledger, by the gateway that runs or the next one.

    Raises SettingsRefused where there is no ledger.
    """
    ledger = _ledger_there_is(settings)
    start_over(ledger)
    ledger.close()


@contextmanager
def open_rebuild(settings: Settings) -> Iterator[Rebuild]:
    """Open what works all projections out again. Raises SettingsRefused, also where there is no ledger."""
    ledger = _ledger_there_is(settings)
    try:
        yield Rebuild(ledger, SystemClock(), _read_sites(settings))  # a simulation ends in the present, too
    finally:
        ledger.close()


@contextmanager
def open_registrar(settings: Settings) -> Iterator[Registrar]:
    """Open the ledger there is to carry out commands beside the gateway. Raises SettingsRefused.

    A gateway that runs sees within a second that access lists must follow; one that starts compiles all.
    """
    with open_auditor(settings) as auditor:
        notifier = OutboxNotifier(settings.data_dir / "outbox")
        yield Registrar(auditor.ledger, SystemClock(), notifier, _read_sites(settings), auditor)


def heads_file(settings: Settings) -> Path:
    """Return where the audit's signed heads are written, outside of the ledger."""
    return settings.audit_heads or settings.data_dir / "audit-heads"


@contextmanager
def open_auditor(settings: Settings) -> Iterator[Auditor]:
    """Open the audit of the ledger there is, beside the gateway. Raises SettingsRefused."""
    key = settings.data_dir / SIGNING_KEY
    if not key.is_file():
        raise SettingsRefused(f"{key}: there is no signing key: the gateway has not run with these settings")
    ledger = _ledger_there_is(settings)
    try:
        yield Auditor(ledger, FileSigner(key))
    finally:
        ledger.close()


def database_url(settings: Settings) -> str:
    """Return where the ledger is, as SQLAlchemy has it."""
    return settings.database_url or f"sqlite:///{settings.data_dir / 'ledger.sqlite'}"


def _ledger_there_is(settings: Settings) -> SqlLedger:
    file = sqlite_file(database_url(settings))
    if file is not None and not file.exists():
        raise SettingsRefused(f"{file}: there is no ledger: the gateway has not run with these settings")
    return _ledger(settings)


def _ledger(settings: Settings) -> SqlLedger:
    url = database_url(settings)
    try:
        return SqlLedger(url)
    except LedgerFailed as failure:
        where = sqlite_file(url) or without_password(url)
        raise SettingsRefused(
            f"{where}: cannot be opened as a ledger: {failure}."
            " Where it is damaged, `passerelle restore` puts it aside and comes back from a backup."
        ) from failure


def _vault(settings: Settings) -> FileVault:
    try:
        return FileVault(settings.data_dir / CARD_MASTER_KEY)
    except ValueError as error:
        raise SettingsRefused(str(error)) from error


def _retention(settings: Settings, gateway: Gateway, outbox: OutboxNotifier) -> Retention:
    ledger = sqlite_file(database_url(settings))
    folders = {settings.data_dir, *([ledger.parent] if ledger else []), *settings.retention.backup_folders}
    return Retention(
        gateway.ledger,
        gateway.clock,
        gateway.sites,
        gateway.auditor,
        settings.retention.limits,
        outbox.sweep,
        OldCopies(gateway.ledger.id, folders).sweep,
    )


def _recording(settings: InfluxSettings, ledger: Ledger, clock: Clock, sites: Mapping[str, Site]) -> Worker:
    recorder = Recorder(ledger, clock, open_history(settings), sites)
    return Worker("history", recorder.record, _HISTORY_S)


def _mailing(settings: MailSettings, outbox: Path, clock: Clock) -> Worker:
    server = MailServer(
        settings.host,
        settings.port,
        settings.security,
        settings.sender,
        settings.user,
        _secret(settings.password_file),
    )
    return Worker("mail", Mailer(outbox, server, clock).send, _MAIL_S)


def _openid(settings: OpenIdSettings, clock: Clock) -> OpenIdProvider:
    secret = _secret(settings.client_secret_file) or ""
    return OpenIdProvider(Client(settings.issuer, settings.client_id, secret), clock)


def _roles(settings: OpenIdSettings | None) -> RolesByClaim | None:
    return RolesByClaim(settings.roles_claim, settings.roles) if settings else None


def open_history(settings: InfluxSettings) -> History:
    """Return the way to InfluxDB. It is reached when something is written."""
    from gateway.adapters import influx  # noqa: PLC0415  # its 13 MiB are for those who keep a history

    if settings.database is not None:
        password = _secret(settings.password_file)
        return influx.DatabaseHistory(settings.url, settings.database, settings.username, password)
    token = _secret(settings.token_file)
    return influx.BucketHistory(settings.url, settings.bucket or "", settings.org or "", token)


def _secret(file: Path | None) -> str | None:
    return _text(file).strip() if file else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsRefused(f"{file}: {error.strerror}") from error


def _clock(settings: Settings) -> Clock:
    return SteppedClock(settings.clock_start) if settings.clock_start else SystemClock()


def _new_secret() -> bytes:
    return secrets.token_bytes(32)
