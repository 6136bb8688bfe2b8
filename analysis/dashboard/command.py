"""The command `bargain-dashboard DIR...`: opens run directories in a browser, on this machine only.

The pages are `start.py` and the views beside it, served by Streamlit on 127.0.0.1. Nothing is sent anywhere:
Streamlit's usage statistics are off.
"""

from __future__ import annotations

import argparse
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from bargain.terminal import prepare

from ..data.asked import Refused, no_runs, not_found
from ..data.directories import find_runs
from .data import load_chosen

HOST = "127.0.0.1"
PORTS = range(8501, 8601)
SCRIPT = Path(__file__).parent / "start.py"
_STARTS_WITHIN_S = 60.0


def main() -> None:
    """Runs the command line and exits."""
    sys.exit(run(prepare("bargain-dashboard")))


def run(arguments: Sequence[str]) -> int:
    """Serves the dashboard until it is stopped; returns the exit code. Errors are one line on stderr."""
    options = _parser().parse_args(arguments)
    try:
        _check_runs(options.directory)
        port = _port(options.port)
        _serve(options.directory, port, opens_browser=not options.no_browser)
    except Refused as refused:
        print(f"bargain-dashboard: {refused}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bargain-dashboard",
        description="Shows runs and sweeps in a browser: their state, comparisons with tests, single dialogues, a "
        "sweep that is being played, and what it all costs. It only reads, and only this machine can reach it.",
        epilog="Every view has an address that can be shared; see docs/dashboard.md. Ctrl-C ends it.",
    )
    parser.add_argument("directory", nargs="+", metavar="DIR", help="run directories, sweeps, or folders of them")
    parser.add_argument("--port", type=int, help=f"port on {HOST}; default: the first free one from {PORTS.start} on")
    parser.add_argument("--no-browser", action="store_true", help="only print the address, open no browser")
    return parser


def _check_runs(directories: Sequence[str]) -> None:
    try:
        found = find_runs(directories)
    except OSError as error:
        raise not_found(error) from None
    if not found:
        raise no_runs(directories)


def _port(wanted: int | None) -> int:
    """The wanted port, or the first free one. Raises Refused when it is taken."""
    for port in PORTS if wanted is None else [wanted]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError):
                continue
            return port
    tried = f"port {wanted}" if wanted is not None else f"every port from {PORTS.start} to {PORTS.stop - 1}"
    raise Refused(f"{tried} on {HOST} is taken or not allowed; choose another with --port")


def _serve(directories: Sequence[str], port: int, *, opens_browser: bool) -> None:
    """Blocks until Ctrl-C. The address is printed when it can be opened."""
    try:
        from streamlit.web import cli
    except ImportError:
        raise Refused("the dashboard needs Streamlit: pip install 'bargain-experiments[dashboard]'") from None
    settings = {
        "server.address": HOST,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.runOnSave": "false",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "viewer",
        "logger.hideWelcomeMessage": "true",
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#56B4E9",
    }
    flags = [f"--{name}={value}" for name, value in settings.items()]
    # read while the browser fetches the page's scripts: the first table need not wait for it
    threading.Thread(target=load_chosen, args=(directories,), daemon=True).start()
    threading.Thread(target=_announce, args=(port, opens_browser), daemon=True).start()
    cli.main(["run", str(SCRIPT), *flags, "--", *directories], standalone_mode=False)


def _announce(port: int, opens_browser: bool) -> None:
    """Prints the address as soon as somebody listens there, and opens it."""
    address, until = f"http://{HOST}:{port}", time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
            continue
        print(f"bargain-dashboard: {address} (Ctrl-C ends it)", flush=True)
        if opens_browser:
            webbrowser.open(address)
        return
