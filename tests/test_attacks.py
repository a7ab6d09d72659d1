"""Attacks from outside that no other test makes; `make proof` lists them all."""

import http.client
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest

from ingest.parse.load import Loader
from ingest.parse.reader import Limits
from retrieval.errors import UnreadableFile
from tests.app.web.browser.browser_support import serving
from tests.app.web.fake_engine import write_index
from tests.ingest.test_bad_input import saved, slides_file, word_file

WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
Ask = Callable[..., int]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, without a scheme."""
    folder = tmp_path_factory.mktemp("site")
    write_index(folder / "index")
    settings = {"INDEX_DIR": str(folder / "index"), "DATA_DIR": str(folder / "data")}
    with serving("tests/app/web/fake_main.py", settings) as address:
        yield urlsplit(address).netloc


@pytest.fixture
def ask(site: str) -> Ask:
    def status(method: str, path: str, *, host: str = site, **headers: str) -> int:
        connection = http.client.HTTPConnection(site, timeout=10)
        try:
            connection.request(method, path, body=None if method == "GET" else b"x", headers={"Host": host, **headers})
            return connection.getresponse().status
        finally:
            connection.close()

    return status


def test_the_page_itself_gets_a_session(ask: Ask, site: str) -> None:
    port = site.rpartition(":")[2]
    for host in (site, f"localhost:{port}"):
        assert ask("GET", "/_stcore/stream", host=host, Origin=f"http://{host}", **WEBSOCKET) == 101


@pytest.mark.attack("a page of a foreign host that leads here (DNS rebinding)", "no session")
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"])
def test_a_foreign_host(ask: Ask, host: str) -> None:
    assert ask("GET", "/_stcore/stream", host=host, Origin=f"http://{host}", **WEBSOCKET) == 403


@pytest.mark.attack("a page of another origin opens a session", "refused")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1"])
def test_a_session_for_another_origin(ask: Ask, origin: str) -> None:
    assert ask("GET", "/_stcore/stream", Origin=origin, **WEBSOCKET) == 403


@pytest.mark.attack("a page of another origin sends a file or a form", "refused")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/_stcore/upload_file/a/b"), ("DELETE", "/_stcore/upload_file/a/b"), ("POST", "/")]
)
def test_a_request_of_another_origin(ask: Ask, origin: str, method: str, path: str) -> None:
    assert ask(method, path, Origin=origin) in (403, 405)


def xml_bomb(root: bytes) -> bytes:
    """A billion words in a kilobyte, if its entities are resolved."""
    levels = b"".join(
        b'<!ENTITY l%d "%s">' % (level, b"".join(b"&l%d;" % (level - 1) for _ in range(10))) for level in range(1, 10)
    )
    declared = b'<!DOCTYPE %s [<!ENTITY l0 "lol">%s]>' % (root.split(b":")[-1], levels)
    return b'<?xml version="1.0"?>%s<%s>&l9;</%s>' % (declared, root, root)


def outside(root: bytes) -> bytes:
    return b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><%s>&e;</%s>' % (root, root)


def with_part(data: bytes, part: str, content: bytes) -> bytes:
    """An archive of which one part says something else."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in {*source.namelist(), part}:
            target.writestr(name, content if name == part else source.read(name))
    return changed.getvalue()


def archive(*, mimetype: str = "", **parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        if mimetype:
            target.writestr("mimetype", mimetype)
        for name, content in parts.items():
            target.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_xhtml", ".xhtml"), content)
    return buffer.getvalue()


def sheet() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    return saved(book.save)


ODT = "application/vnd.oasis.opendocument.text"
CONTAINER = (
    b'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="c.opf"/>'
    b"</rootfiles></container>"
)
WITH_XML: dict[str, Callable[[Callable[[bytes], bytes]], bytes]] = {
    "a.docx": lambda made: with_part(word_file(), "word/document.xml", made(b"document")),
    "b.docx": lambda made: with_part(word_file(), "word/styles.xml", made(b"styles")),
    "a.pptx": lambda made: with_part(slides_file(), "ppt/slides/slide1.xml", made(b"sld")),
    "a.xlsx": lambda made: with_part(sheet(), "xl/worksheets/sheet1.xml", made(b"worksheet")),
    "a.odt": lambda made: archive(mimetype=ODT, content_xml=made(b"office:document-content")),
    "a.epub": lambda made: archive(mimetype="application/epub+zip", **{"META-INF__container_xml": made(b"container")}),
    "b.epub": lambda made: archive(
        mimetype="application/epub+zip", **{"META-INF__container_xml": CONTAINER, "c.opf": made(b"package")}
    ),
    "a.xhtml": lambda made: made(b"html"),
    "a.qti": lambda made: made(b"questestinterop"),
    "a.html": lambda made: b"<html><body><p>A page.</p>" + made(b"svg") + b"</body></html>",
}


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loader]:
    limits = Limits(file_bytes=1_000_000, unpacked_bytes=2_000_000, seconds=20)
    with Loader(tmp_path_factory.getbasetemp(), limits=limits) as loader:
        yield loader


@pytest.mark.attack("a billion words in a kilobyte of XML", "not unfolded: refused, or read without them")
@pytest.mark.parametrize("name", WITH_XML)
def test_an_xml_bomb(loader: Loader, tmp_path: Path, name: str) -> None:
    assert len(read(loader, tmp_path, name, WITH_XML[name](xml_bomb))) < 20_000


@pytest.mark.attack("XML that names a file of the machine", "not read")
@pytest.mark.parametrize("name", WITH_XML)
def test_a_file_of_the_machine(loader: Loader, tmp_path: Path, name: str) -> None:
    assert "root:" not in read(loader, tmp_path, name, WITH_XML[name](outside))


@pytest.mark.attack("an archive that unpacks to more than the limit", "refused")
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a.docx", "word/document.xml"),
        ("b.docx", "word/media/a.png"),
        ("a.pptx", "ppt/slides/slide1.xml"),
        ("a.xlsx", "xl/worksheets/sheet1.xml"),
    ],
)
def test_a_zip_bomb(loader: Loader, tmp_path: Path, name: str, part: str) -> None:
    data = {"docx": word_file, "pptx": slides_file, "xlsx": sheet}[name.partition(".")[2]]()
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for one in {*source.namelist(), part}:
            target.writestr(one, bytes(50_000_000) if one == part else source.read(one))
    (tmp_path / name).write_bytes(packed.getvalue())
    with pytest.raises(UnreadableFile) as caught:
        loader.load(tmp_path / name)
    assert caught.value.reason == "zip bomb"


def read(loader: Loader, folder: Path, name: str, data: bytes) -> str:
    """The text; what was said, of a file that was refused in words."""
    (folder / name).write_bytes(data)
    try:
        return loader.load(folder / name).document.text
    except UnreadableFile as error:
        refused = error
    assert refused.reason not in ("time-out", "crashed")
    assert refused.remedy
    return str(refused)
