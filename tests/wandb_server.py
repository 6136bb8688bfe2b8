"""A W&B server on loopback that speaks as much of its protocol as a run and a sweep's agent need."""

from __future__ import annotations

import http.server
import json
import threading
from typing import Any, Self


class WandbServer:
    """Keeps what a run sends. Once `silent`, it takes requests and never answers, until it is closed; it knows the key
    or not. `sweep`: the YAML of its sweep, whose agent is given `commands`, one at each of its heartbeats."""

    def __init__(self) -> None:
        self.silent = False
        self.asked = 0
        self.knows_key = True
        self.sweep = ""
        self.commands: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.summary: dict[str, Any] = {}
        self.artifacts: list[str] = []
        self.uploads: dict[str, bytes] = {}
        self.views: list[dict[str, Any]] = []
        self.exit_codes: list[int] = []
        self._closed = threading.Event()
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                served.asked += 1
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if served.silent:
                    served._closed.wait()
                    self.close_connection = True
                    return
                answer = json.dumps(served._answer(self.path, body)).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_PUT = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Nothing: clients hang up as they like."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, path: str, body: bytes) -> dict[str, Any]:
        if path.startswith("/upload/"):
            self.uploads[path.removeprefix("/upload/")] = body
            return {}
        data = json.loads(body)
        if path.endswith("/file_stream"):
            lines = data.get("files", {}).get("wandb-history.jsonl", {}).get("content", [])
            self.history += [json.loads(line) for line in lines]
            for line in data.get("files", {}).get("wandb-summary.json", {}).get("content", []):
                self.summary |= json.loads(line)
            if "exitcode" in data:
                self.exit_codes.append(data["exitcode"])
            return {}
        return {"data": self._graphql(data["query"], data.get("variables") or {})}

    def _graphql(self, query: str, given: dict[str, Any]) -> dict[str, Any]:
        if "mutation UpsertBucket" in query:
            self.runs.append(given)
            project = {"id": "p", "name": given["project"], "entity": {"id": "e", "name": "me"}}
            bucket = {"id": "b", "name": given["name"], "displayName": given["displayName"], "project": project}
            return {"upsertBucket": {"bucket": bucket | {"historyLineCount": 0}, "inserted": True}}
        if "mutation CreateRunFiles" in query:
            files = [{"name": name, "uploadUrl": f"{self.url}/upload/{name}"} for name in given["files"]]
            return {"createRunFiles": {"runID": "b", "uploadHeaders": [], "files": files}}
        if "mutation CreateArtifact " in query:
            self.artifacts.append(given["input"]["artifactCollectionName"])
            artifact = {"id": "a", "state": "COMMITTED", "artifactSequence": {"id": "s", "latestArtifact": None}}
            return {"createArtifact": {"artifact": artifact}}
        if "query ArtifactType" in query:
            return {"project": None}
        if "mutation UpsertView" in query:
            self.views.append(given)
            return {"upsertView": {"view": {"id": "w", "name": given["name"], "displayName": given["displayName"]}}}
        if "query SweepWithRuns" in query:
            return {
                "project": {"sweep": {"id": "s", "name": given["sweep"], "config": self.sweep, "runs": {"edges": []}}}
            }
        if "mutation CreateAgent" in query:
            return {"createAgent": {"agent": {"id": "a"}}}
        if "mutation Heartbeat" in query:
            told, self.commands = self.commands[:1], self.commands[1:]
            return {"agentHeartbeat": {"agent": {"id": "a"}, "commands": json.dumps(told)}}
        if "query Viewer" in query and not self.knows_key:
            return {"viewer": None}
        if "query Viewer" in query:
            me = {"id": "v", "entity": "me", "username": "me", "email": "me@models.test"}
            return {"viewer": {**me, "flags": "{}", "teams": {"edges": []}}}
        return {}
