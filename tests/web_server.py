"""The web application on a real socket."""

import asyncio
import socket
import threading

from fastapi import FastAPI

from gateway.__main__ import Server


class WebServer:
    """Uvicorn in a thread of its own, on a port that the system chose."""

    def __init__(self, app: FastAPI) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._server = Server(app)
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        self._socket.listen()
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
