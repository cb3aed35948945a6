"""A mail server by others (aiosmtpd); run by its own Python, without ours.

Says its port, then of each mail a line of JSON: from, to, and the mail as it came.  A receiver whose name begins with
`nobody` is refused for good, one with `later` for now.
"""

import asyncio
import json

from aiosmtpd.controller import Controller


class Box:
    """Takes mails and says them."""

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802
        if address.startswith("nobody"):
            return "550 5.1.1 No such mailbox"
        if address.startswith("later"):
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "mail": envelope.content.decode(),
        }
        print(json.dumps(told), flush=True)
        return "250 Message accepted for delivery"


if __name__ == "__main__":
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Box(), hostname="127.0.0.1", port=port)
    controller.start()
    print(json.dumps({"port": port}), flush=True)
    asyncio.new_event_loop().run_forever()
