"""A Ray cluster of two nodes on loopback, as a process: python -m tests.ray_nodes CPUS

It prints the cluster's address, takes `lose` on its standard input (the second node dies, without a word to its work)
and ends with it. Environment variables that cells need must be there when it starts.
"""

from __future__ import annotations

import sys

from ray.cluster_utils import Cluster

from tests.commands import PATIENCE_S

MEMORY = 100_000_000
NOT_NEEDED = {"include_dashboard": False, "include_log_monitor": False, "no_monitor": True}
"""What the first node does without: the dashboard, and the processes that gather logs and scale the cluster."""


def main() -> None:
    """Runs the two nodes, each with room for CPUS cells, until standard input ends."""
    node = {"num_cpus": int(sys.argv[1]), "object_store_memory": MEMORY}
    cluster = Cluster(initialize_head=True, head_node_args=node | NOT_NEEDED)
    second = cluster.add_node(**node)
    cluster.wait_for_nodes(PATIENCE_S)
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line.strip() == "lose":
            cluster.remove_node(second, allow_graceful=False)
            print("lost", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
