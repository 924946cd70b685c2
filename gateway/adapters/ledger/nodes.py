"""What nodes last said, the lists they were issued, and the keys people come in by."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from gateway.adapters.ledger.tables import lists, nodes, runs, sealing_keys
from gateway.domain.runs import Runs
from gateway.ports import Issue, NodeReport
from protocol.access import AccessList
from protocol.messages import NodeStatus, StateSnapshot


class NodeTables:
    """Node reports and issued lists within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def heard(self, node: str, site: str, at: datetime, word: NodeStatus | StateSnapshot) -> None:
        column = "status" if isinstance(word, NodeStatus) else "state"
        change: dict[str, Any] = {"heard_at": at, column: word.model_dump_json()}
        known = update(nodes).where(nodes.c.node == node).values(change)
        if self._connection.execute(known).rowcount == 0:
            self._connection.execute(insert(nodes), {"node": node, "site": site, **change})

    def reports(self) -> list[NodeReport]:
        return [_report(row) for row in self._connection.execute(select(nodes).order_by(nodes.c.node))]

    def runs(self) -> dict[str, Runs]:
        found = self._connection.execute(select(runs))
        return {
            row.node: Runs(tuple(row.starts.split()), row.turned_at, row.duplicated_since) for row in found
        }

    def put_runs(self, node: str, spoken: Runs) -> None:
        self._connection.execute(delete(runs).where(runs.c.node == node))
        row = {
            "node": node,
            "starts": " ".join(spoken.starts),
            "turned_at": spoken.turned_at,
            "duplicated_since": spoken.duplicated_since,
        }
        self._connection.execute(insert(runs), row)

    def seal_to(self, node: str, key: str | None, at: datetime) -> None:
        self._connection.execute(delete(sealing_keys).where(sealing_keys.c.node == node))
        if key is not None:
            self._connection.execute(insert(sealing_keys), {"node": node, "key": key, "since": at})

    def sealing_keys(self) -> dict[str, str]:
        return {row.node: row.key for row in self._connection.execute(select(sealing_keys))}

    def issued(self, node: str) -> AccessList | None:
        body = self._connection.execute(select(lists.c.body).where(lists.c.node == node)).scalar()
        return AccessList.model_validate_json(body) if body else None

    def issues(self) -> dict[str, Issue]:
        wanted = select(lists.c.node, lists.c.revision, lists.c.issued_at, lists.c.expires_at)
        rows = self._connection.execute(wanted)
        return {row.node: Issue(row.revision, row.issued_at, row.expires_at) for row in rows}

    def issue(self, access_list: AccessList) -> None:
        self._connection.execute(delete(lists).where(lists.c.node == access_list.node))
        row = {
            "node": access_list.node,
            "revision": access_list.revision,
            "issued_at": access_list.issued_at,
            "expires_at": access_list.expires_at,
            "body": access_list.model_dump_json(),
        }
        self._connection.execute(insert(lists), row)


def _report(row: Row[Any]) -> NodeReport:
    return NodeReport(
        node=row.node,
        site=row.site,
        heard_at=row.heard_at,
        status=NodeStatus.model_validate_json(row.status) if row.status else None,
        state=StateSnapshot.model_validate_json(row.state) if row.state else None,
    )
