"""docker-compose.yml: what it names is there, nothing is open to the network, and no node is without a key."""

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from retrieval.config import ROOT
from retrieval.index.qdrant_versions import OLDEST

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service(name: str) -> None:
    service = SERVICES[name]
    version = re.fullmatch(r"qdrant/qdrant:v(\d+)\.(\d+)\.\d+", service["image"])
    assert version, "a release, so that every node has the same"
    assert tuple(map(int, version.groups())) >= OLDEST
    assert service["environment"]["QDRANT__SERVICE__API_KEY"] == "${QDRANT_API_KEY:?set a key}"
    assert all(re.fullmatch(r"QDRANT(__[A-Z_]+)+", variable) for variable in service["environment"])
    assert all(port.startswith("127.0.0.1:") and port.endswith(":6333") for port in service["ports"])
    (volume,) = service["volumes"]
    assert volume.partition(":")[0] in COMPOSE["volumes"]
    assert set(service.get("depends_on", ())) <= SERVICES.keys()


def test_the_nodes_of_a_profile_share_no_port_and_no_disk() -> None:
    for profile in ("one", "three"):
        nodes = [service for service in SERVICES.values() if service["profiles"] == [profile]]
        assert len(nodes) == {"one": 1, "three": 3}[profile]
        for what in ("ports", "volumes"):
            assert len({node[what][0] for node in nodes}) == len(nodes)


def test_each_node_of_the_cluster_says_where_it_is_and_joins_the_first() -> None:
    for number in (1, 2, 3):
        node = SERVICES[f"qdrant-{number}"]
        assert node["environment"]["QDRANT__CLUSTER__ENABLED"] == "true"
        joins = "" if number == 1 else "--bootstrap http://qdrant-1:6335 "
        assert node["command"] == f"./qdrant {joins}--uri http://qdrant-{number}:6335"
