"""Office files are ZIP archives: a look at the list of contents before anything is unpacked."""

import io
import zipfile

from ingest.parse.limits import Limits
from retrieval.errors import UnreadableFile

_AGAIN = "Copy or download it again, or save it anew."


def check(data: bytes, limits: Limits) -> None:
    """Raises UnreadableFile: corrupt, encrypted, zip bomb. (Python's zipfile never unpacks more than is declared.)"""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise UnreadableFile("corrupt", f"The file is damaged or incomplete: {error}.", remedy=_AGAIN) from error
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile("encrypted", "The file is protected by a password.", remedy="Save it without one.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked_bytes:
        message = f"The file unpacks to {unpacked:,} bytes; the limit is {limits.unpacked_bytes:,}."
        raise UnreadableFile(
            "zip bomb", message, remedy="Save it anew with smaller pictures, or raise MAX_UNPACKED_MB."
        )
