"""Serving a page to the browsers of this machine and to nobody else."""

import contextlib
import io
import os
import re
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import BinaryIO
from urllib.parse import urlsplit

from pinxit.errors import InputError
from pinxit.viewer.media import Content
from pinxit.viewer.page import POLICY

ADDRESS = "127.0.0.1"
PIECE = 1 << 18  # bytes read from a file at once

_HEADERS = {
    "Content-Security-Policy": POLICY + "; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), xr-spatial-tracking=(self)",
    "Cache-Control": "no-store",
}


class Server(ThreadingHTTPServer):
    """A server of one page, bound to 127.0.0.1; ``url`` holds a random token, and nothing is served without it.

    Other programs on this machine can reach the port, and any website can make a browser ask it for something: the
    token keeps the first out, the check of the Host header a website that lets its own name lead here.

    Args:
        contents: What is served, by name; nothing else is.
        port: Port, or 0 for any free one.

    Raises:
        InputError: The port is taken or not allowed.
    """

    daemon_threads = True

    def __init__(self, contents: dict[str, Content], port: int = 0) -> None:
        self.contents = contents
        self.token = secrets.token_urlsafe(18)
        if not 0 <= port <= 65535:
            raise InputError(f"port {port} came; 1 to 65535 is wanted, or 0 for any free one")
        try:
            super().__init__((ADDRESS, port), _Handler)
        except OSError as error:
            raise InputError(f"port {port} cannot be used ({error.strerror}); take another, or 0 for any") from error

    def server_bind(self) -> None:
        """Bind without asking a name server for this machine's name, as HTTPServer does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.server_port}/{self.token}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Browsers break connections off whenever they like, so this tells nobody."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    error_message_format = "%(code)d %(message)s\n"
    error_content_type = "text/plain; charset=utf-8"
    server: Server

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def version_string(self) -> str:
        """Nothing of Python's version."""
        return "pinxit"

    def log_message(self, *_: object) -> None:
        """What was looked at is nobody's business."""

    def end_headers(self) -> None:
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def _answer(self, with_body: bool) -> None:
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # a body would be taken for the next request
        if self.headers.get("Host") not in {f"{name}:{self.server.server_port}" for name in (ADDRESS, "localhost")}:
            return self.send_error(HTTPStatus.FORBIDDEN)
        token, slash, name = urlsplit(self.path).path.removeprefix("/").partition("/")
        content = self.server.contents.get(name or "index.html")
        if content is None or not slash or not secrets.compare_digest(token.encode(), self.server.token.encode()):
            return self.send_error(HTTPStatus.NOT_FOUND)
        try:
            stream, size = _opened(content)
        except OSError:
            return self.send_error(HTTPStatus.NOT_FOUND)
        with stream, contextlib.suppress(ConnectionError, TimeoutError):
            self._send(stream, size, content.mime, with_body)

    def _send(self, stream: BinaryIO, size: int, mime: str, with_body: bool) -> None:
        asked = byte_range(self.headers.get("Range"), size)
        if asked is not None and asked[0] >= asked[1]:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        start, end = asked or (0, size)
        self.send_response(HTTPStatus.OK if asked is None else HTTPStatus.PARTIAL_CONTENT)
        if asked is not None:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        if with_body:
            self._copy(stream, start, end)

    def _copy(self, stream: BinaryIO, start: int, end: int) -> None:
        stream.seek(start)
        while start < end:
            piece = stream.read(min(PIECE, end - start))
            if not piece:  # the file became shorter meanwhile
                self.close_connection = True
                return
            self.wfile.write(piece)
            start += len(piece)


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that a Range header asks for; None for all of ``size``.

    An empty range stands for one that cannot be satisfied. Several ranges, other units and what is no range at all are
    passed over, as RFC 9110 (section 14.2) allows.
    """
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", (header or "").strip())
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0) if int(last) else size, size
    if last and int(last) < int(first):
        return None
    return min(int(first), size), min(int(last) + 1, size) if last else size


def _opened(content: Content) -> tuple[BinaryIO, int]:
    if content.path is None:
        return io.BytesIO(content.data), len(content.data)
    stream = content.path.open("rb")
    return stream, os.fstat(stream.fileno()).st_size
