"""A mail server that delivers nowhere: each message becomes a file NNN.eml in a folder.

python -m atelier.devstack.mail PORT FOLDER
"""

import asyncio
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from atelier.devstack.folder import Folder
from atelier.devstack.probe import tcp
from atelier.devstack.service import Service


def service(folder: Folder) -> Service:
    port = folder.ports["mail"]
    argv = (sys.executable, "-m", "atelier.devstack.mail", str(port), str(folder.path("mail")))
    return Service("mail", argv, ready=lambda _: tcp(port, greeting=b"220"))


class Sink:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.last = max((int(mail.stem) for mail in folder.glob("[0-9]*.eml")), default=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.last += 1
        target = self.folder / f"{self.last:03}.eml"
        draft = target.with_suffix(".draft")
        draft.write_bytes(envelope.original_content or b"")
        draft.replace(target)  # whoever watches the folder sees whole messages only
        return f"250 kept as {target.name}"


async def serve(port: int, folder: Path) -> None:
    sink = Sink(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
