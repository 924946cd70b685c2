"""Backup and restore on real files: whole or not at all, and nothing that was here is lost."""

import io
import json
import resource
import shutil
import signal
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.adapters.ledger import SqlLedger
from gateway.adapters.ledger.copy import Facts, LedgerUnsound, settle
from gateway.bootstrap import KEY_FILES, alone
from gateway.domain.journal import Entry, Identity
from gateway.ports import Cursor
from gateway.safekeeping.backup import BackupRefused, back_up
from gateway.safekeeping.restore import Restored, RestoreRefused, restore
from gateway.settings import Settings
from protocol.events import DoorClosed

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
NODE, EPOCH = "pv-entrance", "e" * 16


class Place:
    """The files of one gateway, and who writes its ledger."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.settings = Settings(data_dir=folder, site_files=(folder / "site.toml",))
        self.file = folder / "ledger.sqlite"
        self.ledger = SqlLedger(f"sqlite:///{self.file}")
        self.seq = 0
        for key in KEY_FILES:
            (folder / key).write_bytes(key_of(key, folder.name))

    def write(self, events: int = 1) -> None:
        entries = []
        for _ in range(events):
            self.seq += 1
            at = NINE + timedelta(seconds=self.seq)
            said = DoorClosed(door="entrance", open_s=1.5)
            entries.append(
                Entry("le-petit-voisin", Identity(NODE, EPOCH, self.seq), at, "synchronised", said)
            )
        with self.ledger.writing() as books:
            books.journal.append(entries, [Cursor(NODE, EPOCH, self.seq)])

    def back_up(self, to: Path) -> Path:
        file, _ = back_up(self.settings, to, NINE, lambda *_: None)
        return file

    def restore(self, backup: Path, at: datetime = NINE, *, other_place: bool = False) -> Restored:
        self.ledger.close()
        return restore(self.settings, backup, at, lambda *_: None, other_place=other_place)

    def files(self) -> dict[str, bytes]:
        """What is here, but for the claim and what SQLite keeps in step by itself."""
        passing = ("in-use", "ledger.sqlite-wal", "ledger.sqlite-shm")
        found = (file for file in self.settings.data_dir.rglob("*") if file.is_file())
        return {file.name: file.read_bytes() for file in found if file.name not in passing}


def key_of(name: str, place: str) -> bytes:
    return f"{name} of {place}".encode().ljust(32, b".")  # 32 bytes, as any key here


def events_in(ledger: Path) -> int:
    with closing(sqlite3.connect(ledger)) as database:
        return int(database.execute("SELECT count(*) FROM journal").fetchone()[0])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "place")
    place.write(events=20)
    yield place
    place.ledger.close()


@pytest.fixture
def backup(place: Place, tmp_path: Path) -> Path:
    """Made when the ledger had 20 events; it has five more now."""
    made = place.back_up(tmp_path / "backup.tar.gz")
    place.write(events=5)
    return made


def test_a_backup_brings_the_ledger_and_the_keys_back(place: Place, backup: Path, tmp_path: Path) -> None:
    new = tmp_path / "new machine"
    settings = Settings(data_dir=new, site_files=(new / "site.toml",))
    assert restore(settings, backup, NINE, lambda *_: None, other_place=False).aside is None
    for key in KEY_FILES:
        assert (new / key).read_bytes() == key_of(key, "place")
    ledger = SqlLedger(f"sqlite:///{new / 'ledger.sqlite'}")
    with ledger.reading() as books:
        assert books.journal.counts()["events"] == books.journal.cursor(NODE, EPOCH) == 20
    assert ledger.id == place.ledger.id
    ledger.close()


def test_a_backup_of_before_there_was_an_authority_leaves_the_one_that_is_here(
    place: Place, backup: Path
) -> None:
    without(backup, "authority.pem")
    place.restore(backup)
    assert (place.settings.data_dir / "authority.pem").read_bytes() == key_of("authority.pem", "place")
    assert events_in(place.file) == 20


def without(backup: Path, name: str) -> None:
    """Make the backup one that never had this file."""
    with tarfile.open(backup) as tar:
        held = [(entry, tar.extractfile(entry).read()) for entry in tar]  # type: ignore[union-attr]
    manifest = json.loads(held[0][1])
    del manifest["sha256"][name]
    held[0] = (held[0][0], json.dumps(manifest).encode())
    with tarfile.open(backup, "w:gz") as tar:
        for entry, content in held:
            if entry.name != name:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))


def test_nobody_else_can_read_what_was_backed_up_or_restored(place: Place, backup: Path) -> None:
    done = place.restore(backup)
    assert done.aside is not None
    files = [backup, *(place.settings.data_dir / name for name in ("ledger.sqlite", "signing.key"))]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert done.aside.stat().st_mode & 0o777 == 0o700


def test_a_backup_holds_one_moment_however_much_is_written_meanwhile(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.adapters.ledger.copy._PAGES_A_STEP", 1)
    steps = []

    def written_meanwhile(what: str, _: float) -> None:
        if what == "copying":
            steps.append(what)
            assert len(steps) < 1000, "it begins again with each write"
            place.write()

    _, manifest = back_up(place.settings, tmp_path / "backup.tar.gz", NINE, written_meanwhile)
    assert manifest.events == 20
    assert len(steps) > 20
    place.restore(tmp_path / "backup.tar.gz")
    assert events_in(place.file) == 20


def test_what_was_here_is_put_aside_with_everything_in_it(place: Place, backup: Path) -> None:
    done = place.restore(backup)
    assert done.aside is not None
    assert events_in(place.file) == 20
    assert events_in(done.aside / "ledger.sqlite") == 25


def test_what_a_killed_gateway_had_only_in_its_log_is_put_aside_too(place: Place, backup: Path) -> None:
    killed = place.settings.data_dir.parent / "killed"
    shutil.copytree(place.settings.data_dir, killed)  # with its log, as a kill leaves it
    settings = Settings(data_dir=killed, site_files=(killed / "site.toml",))
    assert (killed / "ledger.sqlite-wal").stat().st_size > 0
    aside = restore(settings, backup, NINE, lambda *_: None, other_place=False).aside
    assert aside is not None
    assert (events_in(killed / "ledger.sqlite"), events_in(aside / "ledger.sqlite")) == (20, 25)


def test_a_ledger_that_cannot_be_read_is_put_aside_and_replaced(place: Place, backup: Path) -> None:
    place.ledger.close()
    place.file.write_bytes(b"no database at all" * 1000)
    aside = place.restore(backup).aside
    assert aside is not None
    assert (aside / "ledger.sqlite").read_bytes() == b"no database at all" * 1000
    assert events_in(place.file) == 20


def test_a_log_that_cannot_be_brought_home_never_meets_the_new_ledger(
    place: Place, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = place.settings.data_dir.parent / "killed"
    shutil.copytree(place.settings.data_dir, killed)

    def cannot(file: Path) -> Facts:
        if file.parent == killed:
            raise LedgerUnsound("database disk image is malformed")
        return settle(file)

    monkeypatch.setattr("gateway.safekeeping.restore.settle", cannot)
    settings = Settings(data_dir=killed, site_files=(killed / "site.toml",))
    aside = restore(settings, backup, NINE, lambda *_: None, other_place=False).aside
    assert aside is not None
    assert (events_in(killed / "ledger.sqlite"), events_in(aside / "ledger.sqlite")) == (20, 25)


def test_nothing_is_restored_under_a_running_gateway(place: Place, backup: Path) -> None:
    with (
        alone(place.settings, "passerelle gateway"),
        pytest.raises(RestoreRefused, match=r"in use by passerelle gateway .*: stop that first"),
    ):
        place.restore(backup)
    assert events_in(place.file) == 25


def test_a_ledger_that_another_program_reads_is_left_alone(
    place: Place, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.adapters.ledger.copy._WAIT_S", 0.0)
    place.ledger.close()
    with closing(sqlite3.connect(place.file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM journal").fetchone()
        with pytest.raises(RestoreRefused, match="read or written by another program"):
            place.restore(backup)
    assert events_in(place.file) == 25


def test_a_backup_that_is_cut_short_anywhere_changes_nothing(place: Place, backup: Path) -> None:
    place.restore(backup)  # so that the ledger is one file
    before, whole = place.files(), backup.read_bytes()
    for length in range(0, len(whole), max(1, len(whole) // 15)):
        backup.write_bytes(whole[:length])
        with pytest.raises(RestoreRefused, match="cannot be used"):
            place.restore(backup)
    assert place.files() == before


@pytest.mark.parametrize("name", ["ledger.sqlite", "signing.key", "credential.key", "authority.pem"])
def test_a_backup_in_which_a_byte_was_altered_changes_nothing(place: Place, backup: Path, name: str) -> None:
    place.restore(backup)  # so that the ledger is one file
    before = place.files()
    alter(backup, name)
    with pytest.raises(RestoreRefused, match=f"{name} is not what was backed up"):
        place.restore(backup)
    assert place.files() == before


def alter(backup: Path, name: str) -> None:
    """Change one byte of one file in a backup, and pack it again: gzip's own sum will be right."""
    with tarfile.open(backup) as tar:
        held = [(entry, bytearray(tar.extractfile(entry).read())) for entry in tar]  # type: ignore[union-attr]
    with tarfile.open(backup, "w:gz") as tar:
        for entry, content in held:
            if entry.name == name:
                content[len(content) // 2] ^= 0x55
            tar.addfile(entry, io.BytesIO(content))


def test_a_backup_of_another_place_is_restored_only_on_purpose(place: Place, tmp_path: Path) -> None:
    other = Place(tmp_path / "other")
    of_the_other = other.back_up(tmp_path / "other.tar.gz")
    other.ledger.close()
    with pytest.raises(
        RestoreRefused, match=rf"of {other.ledger.id}, here is {place.ledger.id} with 20 events"
    ):
        place.restore(of_the_other)
    assert (place.settings.data_dir / "signing.key").read_bytes() == key_of("signing.key", "place")
    done = place.restore(of_the_other, other_place=True)
    assert done.aside is not None
    assert (place.settings.data_dir / "signing.key").read_bytes() == key_of("signing.key", "other")
    assert (done.aside / "signing.key").read_bytes() == key_of("signing.key", "place")
    assert (events_in(place.file), events_in(done.aside / "ledger.sqlite")) == (0, 20)


def test_a_backup_of_a_later_version_asks_for_that_version(place: Place, tmp_path: Path) -> None:
    with closing(sqlite3.connect(place.file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    later = place.back_up(tmp_path / "later.tar.gz")
    with pytest.raises(RestoreRefused, match="install that version first"):
        place.restore(later)


def test_a_file_that_is_no_backup_is_neither_restored_nor_written_over(place: Place, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("a diary")
    with pytest.raises(RestoreRefused, match="not a gzip file"):
        place.restore(precious)
    with pytest.raises(BackupRefused, match="left alone"):
        place.back_up(precious)
    assert precious.read_text() == "a diary"


def test_a_full_disk_leaves_the_last_backup_as_it_was(place: Place, backup: Path) -> None:
    before = backup.read_bytes()
    with files_no_larger_than(40_000), pytest.raises(BackupRefused, match="cannot be written"):
        place.back_up(backup)
    assert backup.read_bytes() == before
    assert [file.name for file in backup.parent.iterdir() if file.name.startswith(".")] == []


def test_a_full_disk_leaves_the_ledger_as_it_was(place: Place, backup: Path) -> None:
    place.restore(backup)
    before = place.files()
    with files_no_larger_than(40_000), pytest.raises(RestoreRefused, match="was here is in place"):
        place.restore(backup)
    assert place.files() == before


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let the kernel refuse to write more into a file: the nearest to a full disk without one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_in_a_folder_each_backup_has_the_ledgers_name_and_its_date(place: Place, tmp_path: Path) -> None:
    assert place.back_up(tmp_path).name == f"{place.ledger.id}-20261124T090000Z.tar.gz"


def test_a_ledger_on_a_server_is_left_to_its_own_tools(place: Place, tmp_path: Path) -> None:
    url = "postgresql://passerelle:secret@db/passerelle"
    settings = place.settings.model_copy(update={"database_url": url})
    with pytest.raises(BackupRefused, match="pg_dump") as refusal:
        back_up(settings, tmp_path / "backup.tar.gz", NINE, lambda *_: None)
    assert "secret" not in str(refusal.value)
    with pytest.raises(RestoreRefused, match="pg_restore"):
        restore(settings, tmp_path / "backup.tar.gz", NINE, lambda *_: None, other_place=False)
