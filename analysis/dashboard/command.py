"""The command `bargain-dashboard DIR...`: opens run directories in a browser, on this machine only.

The pages are `start.py` and the views beside it, served by Streamlit on 127.0.0.1. Nothing is sent anywhere:
Streamlit's usage statistics are off.
"""

from __future__ import annotations

import argparse
import contextlib
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
        if options.port is not None:
            _check_port(options.port)
        _serve(options.directory, options.port, opens_browser=not options.no_browser)
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
    parser.add_argument("--port", type=int, help=f"port on {HOST}; default: the first free one from 8501 on")
    parser.add_argument("--no-browser", action="store_true", help="only print the address, open no browser")
    return parser


def _check_runs(directories: Sequence[str]) -> None:
    try:
        found = find_runs(directories)
    except OSError as error:
        raise not_found(error) from None
    if not found:
        raise no_runs(directories)


def _check_port(wanted: int) -> None:
    """Raises Refused when the wanted port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except (OSError, OverflowError):
            raise Refused(f"port {wanted} on {HOST} is taken or not allowed; choose another with --port") from None


def _serve(directories: Sequence[str], port: int | None, *, opens_browser: bool) -> None:
    """Blocks until Ctrl-C. The address is printed when it can be opened."""
    try:
        from streamlit.web import cli
    except ImportError:
        raise Refused("the dashboard needs Streamlit: pip install 'bargain-experiments[dashboard]'") from None
    settings = {
        "server.address": HOST,
        **({} if port is None else {"server.port": port}),  # Streamlit looks for a free one, if it is told none
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
    threading.Thread(target=_announce, args=(opens_browser,), daemon=True).start()
    cli.main(["run", str(SCRIPT), *flags, "--", *directories], standalone_mode=False)


def _announce(opens_browser: bool) -> None:
    """Prints the address as soon as this process listens there, and opens it."""
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until:
        time.sleep(0.05)
        if not (port := _bound()):
            continue
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, port), timeout=1).close()
            address = f"http://{HOST}:{port}"
            print(f"bargain-dashboard: {address} (Ctrl-C ends it)", flush=True)
            if opens_browser:
                webbrowser.open(address)
            return


def _bound() -> int | None:
    """The port that Streamlit has bound, which it then writes over what flags and files say; None before."""
    from streamlit import config, runtime
    from streamlit.config_option import ConfigOption

    if runtime.exists() and config.get_where_defined("server.port") == ConfigOption.STREAMLIT_DEFINITION:
        return int(config.get_option("server.port"))
    return None
