"""The server: who gets what."""

import http.client
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from pinxit.errors import InputError
from pinxit.viewer.media import Content
from pinxit.viewer.page import POLICY
from pinxit.viewer.server import ADDRESS, Server, byte_range

PAGE = b"<!doctype html>hello"
DATA = bytes(range(256)) * 40


@contextmanager
def running(contents):
    with Server(contents) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(DATA)
    contents = {
        "index.html": Content("text/html; charset=utf-8", PAGE),
        "after.mp4": Content("video/mp4", path=tmp_path / "clip.mp4"),
        "gone.png": Content("image/png", path=tmp_path / "gone.png"),
    }
    with running(contents) as found:
        yield found


def ask(server, path, method="GET", **headers):
    connection = http.client.HTTPConnection(ADDRESS, server.server_port, timeout=5)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=headers)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply, body


def test_page(server):
    reply, body = ask(server, f"/{server.token}/")
    assert (reply.status, body) == (200, PAGE) and server.url.endswith(f":{server.server_port}/{server.token}/")
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8" and reply.headers["Server"] == "pinxit"
    assert server.server_address[0] == "127.0.0.1"


def test_headers(server):
    for path in (f"/{server.token}/", "/", f"/{server.token}/after.mp4"):
        headers = ask(server, path)[0].headers
        rules = dict(rule.strip().split(" ", 1) for rule in headers["Content-Security-Policy"].split(";"))
        assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == "'self'"
        assert "unsafe" not in POLICY and "http" not in POLICY and "*" not in POLICY
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store" and "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    "path",
    ["/", "/index.html", "//", "/wrong/", "/{token}x/", "/{token}", "/%2e%2e/", "/{token}/../index.html",
     "/{token}/../../etc/passwd", "/{token}//etc/passwd", "/{token}/%2e%2e/clip.mp4", "/{token}/clip.mp4",
     "/{token}/after.mp4/", "/{token}/after.mp4%00", "/{token}/gone.png", "/{token}/INDEX.html"],
)  # fmt: skip
def test_nothing_else_is_served(server, path):
    reply, body = ask(server, path.format(token=server.token))
    assert reply.status == 404 and body == b"404 Not Found\n"


def test_tokens_are_long_and_differ():
    with Server({}) as one, Server({}) as two:
        assert len(one.token) >= 22 and one.token != two.token


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_other_hosts_are_refused(server, host):
    reply, body = ask(server, f"/{server.token}/", Host=host.format(port=server.server_port))
    assert reply.status == 403 and PAGE not in body


def test_localhost_is_this_host(server):
    assert ask(server, f"/{server.token}/", Host=f"localhost:{server.server_port}")[0].status == 200


def test_a_request_without_host_is_refused(server):
    with socket.create_connection((ADDRESS, server.server_port), timeout=5) as line:
        line.sendall(f"GET /{server.token}/ HTTP/1.0\r\n\r\n".encode())
        assert b" 403 " in line.makefile("rb").readline()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT"])
def test_only_reading(server, method):
    assert ask(server, f"/{server.token}/", method)[0].status == 501


def test_head(server):
    reply, body = ask(server, f"/{server.token}/after.mp4", "HEAD")
    assert (reply.status, reply.headers["Content-Length"], body) == (200, str(len(DATA)), b"")


def test_whole_file(server):
    reply, body = ask(server, f"/{server.token}/after.mp4?t=1")
    assert reply.status == 200 and body == DATA and reply.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-", 0, 10240), ("bytes=0-0", 0, 1), ("bytes=100-199", 100, 200), ("bytes=-5", 10235, 10240),
     ("bytes=10000-99999", 10000, 10240), ("bytes=-99999", 0, 10240)],
)  # fmt: skip
def test_ranges(server, asked, start, end):
    reply, body = ask(server, f"/{server.token}/after.mp4", Range=asked)
    assert (reply.status, body) == (206, DATA[start:end])
    assert reply.headers["Content-Range"] == f"bytes {start}-{end - 1}/10240"


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-100000", "bytes=-0"])
def test_ranges_that_are_not_there(server, asked):
    reply, body = ask(server, f"/{server.token}/after.mp4", Range=asked)
    assert (reply.status, reply.headers["Content-Range"], body) == (416, "bytes */10240", b"")


@pytest.mark.parametrize("asked", ["bytes=5-1", "bytes=0-1,5-6", "bytes=-", "lines=0-1", "bytes=x-2", "bytes=+1-2"])
def test_what_is_no_range_is_passed_over(server, asked):
    reply, body = ask(server, f"/{server.token}/after.mp4", Range=asked)
    assert (reply.status, body) == (200, DATA)


def test_ranges_of_nothing():
    assert byte_range(None, 0) is None and byte_range("bytes=0-", 0) == (0, 0) and byte_range("bytes=-1", 0) == (0, 0)


def test_a_connection_serves_several_requests(server):
    connection = http.client.HTTPConnection(ADDRESS, server.server_port, timeout=5)
    for path, status in (("/", 404), (f"/{server.token}/after.mp4", 200), (f"/{server.token}/", 200)):
        connection.request("GET", path)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == status
    connection.close()


def test_bodies_are_not_taken_for_requests(server):
    with socket.create_connection((ADDRESS, server.server_port), timeout=5) as line:
        host = f"HTTP/1.1\r\nHost: {ADDRESS}:{server.server_port}\r\n"
        inner = f"GET /{server.token}/ {host}\r\n"
        line.sendall(f"GET / {host}Content-Length: {len(inner)}\r\n\r\n{inner}".encode())
        assert PAGE not in line.makefile("rb").read()


def test_a_file_that_shrinks_ends_the_connection(server, tmp_path, monkeypatch):
    import pinxit.viewer.server as module

    monkeypatch.setattr(module, "PIECE", 100)
    before = module._opened

    def shrinking(content):
        stream, size = before(content)
        return stream, size + 500

    monkeypatch.setattr(module, "_opened", shrinking)
    with pytest.raises(http.client.IncompleteRead):
        ask(server, f"/{server.token}/after.mp4")


def test_readers_that_leave_disturb_nobody(server, capfd):
    for _ in range(3):
        with socket.create_connection((ADDRESS, server.server_port), timeout=5) as line:
            line.sendall(b"GET /")
    time.sleep(0.05)
    assert ask(server, f"/{server.token}/")[0].status == 200
    assert capfd.readouterr() == ("", "")


def test_ports():
    with Server({}) as first, pytest.raises(InputError, match=f"port {first.server_port} cannot be used"):
        Server({}, first.server_port)
    for port in (-1, 65536):
        with pytest.raises(InputError, match="1 to 65535"):
            Server({}, port)
