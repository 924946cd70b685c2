"""JSON Schemas (2020-12) of every message, for readers and writers in other languages."""

import json
from pathlib import Path

from pydantic import BaseModel

from protocol.access import AccessList, AccessPatch
from protocol.enrolment import (
    Bundle,
    CertificateIssued,
    EnrolmentRequest,
    Renewal,
    SealedBundle,
    SealedRequest,
)
from protocol.events import EventBatch
from protocol.messages import Ack, Command, GatewayStatus, NodeStatus, StateSnapshot
from protocol.signing import Signed

FOLDER = Path(__file__).with_name("schemas")

_MESSAGES: tuple[type[BaseModel], ...] = (
    EventBatch,
    StateSnapshot,
    NodeStatus,
    Ack,
    AccessList,
    AccessPatch,
    Command,
    Signed,
    GatewayStatus,
    EnrolmentRequest,
    Bundle,
    SealedRequest,
    SealedBundle,
    Renewal,
    CertificateIssued,
)


def schema_files() -> dict[str, str]:
    """Return file name and text of each message's schema."""
    return {
        f"{message.__name__}.json": json.dumps(message.model_json_schema(), indent=2, sort_keys=True) + "\n"
        for message in _MESSAGES
    }
